"""The page of a training in a browser: it shows the newest version by itself, without a script or a request."""

from helpers.browsers import console, forget, requests
from selenium.webdriver.support.ui import WebDriverWait

from minigen.callbacks import WatchPage


def test_the_page_reloads_itself_until_the_training_has_ended(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("minigen.callbacks.watch.RELOAD", 1)
    path = tmp_path / "watch.html"
    page = WatchPage(
        path, "A <script>alert(1)</script>", samples=lambda model: "<img src=x onerror=alert(1)>", seconds=0
    )
    page.set_params({"epochs": 3, "steps": 2})
    page.on_train_begin()
    forget(browser)
    browser.get(f"file://{path}")

    def wait_for(text):
        script = "return document.readyState === 'complete' ? document.querySelector('p').textContent : ''"
        WebDriverWait(browser, 10, poll_frequency=0.05).until(lambda b: text in b.execute_script(script))

    wait_for("waiting for the first step")
    page.on_epoch_begin(0)
    page.on_batch_end(0, {"loss": 3.0})
    wait_for("epoch 1 of 3, step 1 of 2")
    page.on_epoch_end(2, {"loss": 2.0})
    page.on_train_end()
    page.close()
    wait_for("finished after 3 of 3 epochs")
    done, widths, text = browser.execute_script(
        "const all = (selector) => Array.from(document.querySelectorAll(selector));"
        "return [all('progress')[0].value, all('img').map((img) => img.naturalWidth), all('pre')[0].textContent]"
    )
    assert done == 1 and len(widths) == 1 and widths[0] > 100 and text == "<img src=x onerror=alert(1)>"
    assert console(browser) == [] and {url for url in requests(browser)} == {f"file://{path}"}
