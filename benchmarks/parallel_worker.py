"""One rank of one contender, started by parallel.py; rank 0 prints one line of JSON.

    parallel_worker.py minigen|torch vae|conv_ae IMAGES EPOCHS
    parallel_worker.py allreduce

IMAGES of MNIST are trained for EPOCHS, in batches of 128 of all ranks together, after 20 steps that are not timed.
PyTorch's ranks are those of RANK and WORLD_SIZE, minigen's those of mpiexec.
"""

import json
import os
import resource
import sys
import time

import numpy as np

BATCH, WARM_UP = 128, 20 * 128
SIZES = [4**k for k in range(1, 12)]  # numbers of float32 in an Allreduce, up to 16 MB


def images(n):
    """Digits (n, 28, 28, 1) of the folder MINIGEN_DATA; random pixels where there is none."""
    folder = os.environ.get("MINIGEN_DATA")
    if folder is None:
        return np.random.default_rng(0).random((n, 28, 28, 1), dtype="float32")
    import gzip
    from pathlib import Path

    path = next(Path(folder).glob("train-images*"))
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return np.frombuffer(data, "uint8", offset=16).reshape(-1, 28, 28, 1)[:n].astype("float32") / 255


def report(rank, **what):
    if rank == 0:
        print(json.dumps(what | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10}), flush=True)


def in_minigen(name, n, epochs):
    import minigen as mg
    from minigen import models, parallel

    parallel.init()
    mg.seed(0)
    x = images(n)
    if name == "vae":
        x = x.reshape(n, 784)
        model, data = models.vae(), (x,)
        model.compile(mg.Adam(1e-3))
    else:
        model, data = models.conv_autoencoder(), (x, x)
        model.compile(mg.Adadelta(), "binary_crossentropy")
    model.fit(*(a[:WARM_UP] for a in data), batch_size=BATCH, verbose=0)
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        history = model.fit(*data, batch_size=BATCH, verbose=0)
        seconds.append(time.perf_counter() - start)
    sent = sum(4 * p.size for p in model.parameters()) if parallel.size() > 1 else 0
    report(parallel.rank(), seconds=seconds, loss=history["loss"][0], bytes=sent)


def in_torch(name, n, epochs):
    import torch
    from torch import distributed, nn
    from torch.nn import functional as F

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    rank, size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(784, 512), nn.ReLU())
            self.mu, self.logvar = nn.Linear(512, 2), nn.Linear(512, 2)
            self.decoder = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid())

        def forward(self, x):
            h = self.encoder(x)
            mu, logvar = self.mu(h), self.logvar(h)
            x_hat = self.decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu))
            kl = 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum()
            return (0.5 * ((x_hat - x) ** 2).sum() + kl) / len(x)

    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            layers = []
            for channels, after in ((1, nn.MaxPool2d(2)), (32, nn.MaxPool2d(2)), *2 * [(32, None)]):
                layers += [nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), after or nn.Upsample(scale_factor=2)]
            self.layers = nn.Sequential(*layers, nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid())

        def forward(self, x):
            return F.binary_cross_entropy(self.layers(x), x)

    x = torch.from_numpy(images(n))
    x = x.reshape(n, 784) if name == "vae" else x.permute(0, 3, 1, 2).contiguous()
    module = VAE() if name == "vae" else Autoencoder()
    if size > 1:
        distributed.init_process_group("gloo")
        module = nn.parallel.DistributedDataParallel(module)
    make = torch.optim.Adam if name == "vae" else torch.optim.Adadelta
    optimizer = make(module.parameters(), **({"lr": 1e-3} if name == "vae" else {"lr": 1.0, "rho": 0.95, "eps": 1e-7}))

    def epoch(n):
        order, total = torch.randperm(n), 0.0
        for i in range(0, n, BATCH):
            index = order[i : i + BATCH]
            index = index[len(index) * rank // size : len(index) * (rank + 1) // size]
            loss = module(x[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(index)
        return total * size / n

    epoch(WARM_UP)
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        loss = epoch(n)
        if size > 1:
            distributed.barrier()
        seconds.append(time.perf_counter() - start)
    report(rank, seconds=seconds, loss=loss, bytes=sum(4 * p.numel() for p in module.parameters()) * (size > 1))


def allreduce():
    """The least time of an Allreduce of each size, with the meeting before it: other programs can only add to it.

    The array is not in the processor's cache, as after a backward pass: another one is written before each sum.
    """
    from minigen import parallel

    parallel.init()
    ranks, times, other = parallel.running(), [], np.ones(2**24, "float32")
    for n in SIZES:
        a, seconds = np.ones(n, "float32"), []
        for _ in range(300 if n < 10**5 else 40):
            other += 1
            ranks.communicator.Barrier()
            start = time.perf_counter()
            parallel.on_any_rank(False)
            ranks.add_up(a)
            seconds.append(time.perf_counter() - start)
        times.append(min(seconds))
    report(parallel.rank(), bytes=[4 * n for n in SIZES], seconds=times)


if __name__ == "__main__":
    if sys.argv[1] == "allreduce":
        allreduce()
    else:
        {"minigen": in_minigen, "torch": in_torch}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
