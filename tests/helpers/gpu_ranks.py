"""A training on ranks with a GPU each, on the stand-in for CuPy and one for NCCL: python gpu_ranks.py FILE GPUS.

FILE gets the weights, the GPUs that the ranks chose, and how many sums went through NCCL.
"""

import sys
import types

import numpy as np


def main(path, gpus):
    import fakecupy
    from families import dense
    from mpi4py import MPI

    chosen, sums = [], []

    class Device(fakecupy.Device):
        def __init__(self, number=0):
            self.number = number

        def use(self):
            chosen.append(self.number)

    class NCCLBackend:
        """cupyx.distributed.NCCLBackend: it wants a GPU for each rank."""

        def __init__(self, n_devices, rank, host="127.0.0.1", port=13333, use_mpi=False):
            assert use_mpi and len(set(MPI.COMM_WORLD.allgather(chosen[-1]))) == n_devices

        def all_reduce(self, in_array, out_array, op="sum", stream=None):
            assert in_array is out_array and isinstance(in_array, fakecupy.ndarray) and op == "sum"
            sums.append(in_array.size)
            MPI.COMM_WORLD.Allreduce(MPI.IN_PLACE, in_array._array)

    fakecupy.cuda.Device, fakecupy.cuda.nccl = Device, types.SimpleNamespace(available=True)
    fakecupy.cuda.runtime.getDeviceCount = lambda: int(gpus)
    sys.modules["cupy"] = sys.modules["cupyx"] = fakecupy
    sys.modules["cupyx.scipy.special"] = fakecupy.special
    sys.modules["cupyx.distributed"] = types.SimpleNamespace(NCCLBackend=NCCLBackend)

    import minigen as mg

    if gpus == "1":  # in either order
        mg.use("cupy")
    mg.parallel.init()
    mg.seed(0)
    mg.use("cupy")
    found = dense()
    every = MPI.COMM_WORLD.gather((chosen[-1], len(sums)))
    if mg.parallel.rank() == 0:
        arrays = {f"{i:02d}": mg.to_numpy(a) for i, a in enumerate(found)}
        np.savez(path, chosen=[gpu for gpu, _ in every], sums=[n for _, n in every], **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
