"""Section 9.2.4: wrong VAEs from the museum, trained beside the right one."""

from __future__ import annotations

import warnings

from ... import backend, metrics, models, museum, plot
from ...models import VAE
from ..recipe import FIXED, recipe
from ..run import Run


@recipe("vae-traps", "9.2.4", "Six VAEs that are wrong in one line", epochs=(10, 4), batch_size=32, **FIXED)
def vae_traps(run: Run) -> None:
    """Each of these mistakes has been published or is often asked about. All six models train and draw something, so
    the images alone do not reveal the mistake; four checks find it before any training. After training it shows in the
    numbers: in Loss z of the log against the KL of the codes that are drawn, and in the spread of the codes of all
    images.
    """
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    sheets, kls = {}, {}
    cases: tuple[type[VAE], ...] = (VAE, *museum.vae.EXHIBITS)
    for case in cases:
        name = "right" if case is VAE else case.__name__
        backend.seed(run.settings.seed)
        model = museum.vae.build(case, hidden=128, image_shape=x_train.shape[1:])
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", models.CollapseWarning)
            history = model.fit(x_train, epochs=run.epochs, batch_size=run.batch_size, verbose=0).history
        found = ", ".join(museum.vae.caught(model)) or "none"
        run.number(f"{name}: caught by", found, "none" if case is VAE else "")
        z = model.draw_codes(x_test)
        mse = metrics.mean_squared_error(x_test, model.predict(x_test))
        logged, heads = history["kl"][-1], sum(history["kl_per_dimension"][-1])
        run.number(f"{name}: Loss z in the log, KL of its heads", f"{logged:.2f}, {heads:.2f}", "equal, if right")
        run.number(f"{name}: deviation of z", f"{z.std():.2f}", "about 1, if right")
        run.number(f"{name}: MSE per pixel", f"{mse:.4f}" + (", and a CollapseWarning" if warned else ""))
        sheets[name], kls[name] = model.sample(10), [sum(kl) for kl in history["kl_per_dimension"]]
    shown = run.rows(*sheets.values(), labels=list(sheets))
    run.figure("samples", shown, "Ten draws from the prior, decoded by each model.")
    curves = plot.curves(kls, y="KL of the heads, nats")
    run.figure("kl", curves, "The codes of two of the models carry no information about the image.")
