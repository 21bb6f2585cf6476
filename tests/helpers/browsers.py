"""A real Chromium, and what a test asks of a page that it shows."""

import base64
import importlib.util
import json
import shutil
from urllib.parse import unquote

import numpy as np

# No window, no first visit, nothing of the browser's own business with the net, and frames in the process of their
# page: the logs have nothing of other processes.
SWITCHES = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-features=IsolateSandboxedIframes"
).split()


def why_no_browser():
    """What is missing to run the tests in a browser, or None."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed: pip install selenium"
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} on the path: apt-get install chromium chromium-driver" if missing else None


def started(profile):
    """A new Chromium with an empty profile in this folder; quit() ends it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for switch in [*SWITCHES, f"--user-data-dir={profile}"]:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(20)
    return driver


def console(driver):
    """What the page has logged since the last call: errors, warnings, what the content security policy refused."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver):
    """The addresses that were requested since the last call, without those whose data stands in the address."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [unquote(url) for url in sent if not url.startswith(("data:", "blob:", "about:"))]


class Shown:
    """A page of the explorer in a browser."""

    def __init__(self, driver):
        self.driver = driver

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def find_all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def pixels(self, selector=".decoded .picture"):
        """The bytes of a canvas: red, green, blue and alpha of each pixel."""
        text = self.js(
            "const canvas = document.querySelector(arguments[0]), { width, height } = canvas;"
            "const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');"
            "copy.drawImage(canvas, 0, 0);"  # Chromium warns of a canvas that is read again and again
            "const bytes = copy.getImageData(0, 0, width, height).data;"
            "return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))",
            selector,
        )
        return base64.b64decode(text)

    def grey(self, selector=".decoded .picture"):
        """The brightness of each pixel of a grey picture, 0 to 255."""
        rgba = np.frombuffer(self.pixels(selector), "uint8").reshape(-1, 4).astype("int64")  # (pixels, 4)
        assert (rgba[:, 0] == rgba[:, 1]).all() and (rgba[:, 1] == rgba[:, 2]).all() and (rgba[:, 3] == 255).all()
        return rgba[:, 0]

    def state(self, view=0):
        """The state of a view, as lists and numbers."""
        return self.js(
            "return Object.fromEntries(Object.entries(explorer.views[arguments[0]].state)"
            ".map(([k, v]) => [k, ArrayBuffer.isView(v) ? Array.from(v) : v]))",
            view,
        )

    def run(self, view, part, points, output=0):
        """What a network of the page makes of each point, a list of inputs."""
        return self.js(
            "const [view, part, points, output] = arguments;"
            "return points.map((inputs) => Array.from(explorer.run(view, part, inputs, output)))",
            view,
            part,
            points,
            output,
        )

    def move_slider(self, element, value):
        """As a person does: the value, and the event."""
        self.js("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", element, value)

    def press(self, selector, *keys):
        element = self.find(selector)
        element.send_keys(*keys)

    def drag(self, selector, *places):
        """Press the mouse at the first place, (x, y) as shares of the element, and move it to the others."""
        from selenium.webdriver import ActionChains

        element = self.find(selector)
        box = element.rect
        offsets = [(round((x - 0.5) * box["width"]), round((y - 0.5) * box["height"])) for x, y in places]
        chain = ActionChains(self.driver, duration=0).move_to_element_with_offset(element, *offsets[0]).click_and_hold()
        for offset in offsets[1:]:
            chain.move_to_element_with_offset(element, *offset)
        chain.release().perform()

    def touch(self, selector, *places):
        """Put a finger at the first place, and move it to the others."""
        box = self.js(
            "arguments[0].scrollIntoView({block: 'center'}); return arguments[0].getBoundingClientRect().toJSON()",
            self.find(selector),
        )
        for i, (x, y) in enumerate(places):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            self.finger("touchStart" if i == 0 else "touchMove", [point])
        self.finger("touchEnd", [])

    def finger(self, kind, points):
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def click(self, text, view=0):
        """Press the button with this text."""
        buttons = self.driver.find_elements("css selector", ".view")[view].find_elements("css selector", "button")
        (found,) = [b for b in buttons if b.text == text]
        self.js("arguments[0].click()", found)

    def played(self, part, seconds, field):
        """What a field of the state was at each step while a part of the first view played."""
        return self.driver.execute_async_script(
            "const [part, seconds, field, done] = arguments; const view = explorer.views[0], seen = [];"
            "const { player } = view.parts[part]; const onChange = view.onChange; player.seconds = seconds;"
            "view.onChange = () => { seen.push(view.state[field]); onChange(view); };"
            "const wait = () => (player.plays ? setTimeout(wait, 20) : done(seen)); player.button.click(); wait()",
            part,
            seconds,
            field,
        )

    def address(self):
        """What stands behind # once the page has written it."""
        return self.driver.execute_async_script(
            "const done = arguments[0]; setTimeout(() => done(location.hash), ADDRESS_DELAY + 50)"
        )


def opened(driver, path, address="", width=1000, height=900):
    """The page of this file, when it is complete."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get("about:blank")  # else an address that differs behind # would not load the page anew
    driver.get(path.as_uri() + address)
    driver.execute_async_script(
        "const done = arguments[0], ready = window.explorer ? explorer.ready : Promise.resolve();"
        "ready.then(() => requestAnimationFrame(() => done()), () => done())"
    )
    return Shown(driver)


def forget(driver):
    """Leave the last page, and empty the logs."""
    driver.get("about:blank")
    console(driver)
    requests(driver)
