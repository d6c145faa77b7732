"""Pages as a browser shows them: headless Chromium, by its command line."""

import html
import json
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Runs in a page around the one that is looked at, whose own rules forbid scripts.
MEASURE = """
window.onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const figures = [...page.querySelectorAll("figure")].map(figure => {
    const image = figure.querySelector("img"), box = image.getBoundingClientRect();
    return {
      name: figure.id, natural: [image.naturalWidth, image.naturalHeight],
      shown: [box.width, box.height], left: box.left, right: box.right, alternative: image.alt,
      caption: figure.querySelector("figcaption").innerText,
    };
  });
  const boxes = [...page.querySelectorAll(".scroll")];
  const wider = boxes.filter(box => box.scrollWidth > box.clientWidth);
  const found = {
    wider: wider.map(box => box.querySelector("table").className),
    width: page.documentElement.scrollWidth, title: page.title, figures: figures,
    text: page.body.innerText,
  };
  document.querySelector("iframe").remove();
  document.querySelector("pre").textContent = JSON.stringify(found);
};
"""

# Goes through Snakemake's report as a reader does: the menu, then each result of each category.
WALK = """{
const pause = () => new Promise(done => setTimeout(done, 50));
const text = () => document.querySelector("#app").innerText;
window.addEventListener("load", async () => {
  await pause();
  const found = {menu: text(), categories: Object.keys(categories), results: {}};
  for (const category of found.categories)
    for (const path of Object.values(categories[category]).flat()) {
      app.showCategory(category);
      await pause();
      app.showResultInfo(path);
      await pause();
      found.results[path] = text();
    }
  const note = document.createElement("pre");
  note.textContent = JSON.stringify(found);
  document.body.replaceChildren(note);
});
}"""


class Browser:
    """Chromium with a profile of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.program = next(filter(None, map(shutil.which, NAMES)), None)
        if self.program is None:
            pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")

    def run(self, path, *options):
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *options]
        return subprocess.run(
            [self.program, *options, f"--user-data-dir={self.folder / 'profile'}", path.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout

    def around(self, path, width, script=""):
        """A page that shows another one so wide; no window is narrower than 500 pixels."""
        outer = self.folder / f"around_{width}.html"
        inner = html.escape(path.read_text(), quote=True)
        outer.write_text(
            f'<!DOCTYPE html><body style="margin:0"><pre></pre><script>{script}</script>'
            f'<iframe style="border:0;width:{width}px;height:6000px" srcdoc="{inner}"></iframe>'
        )
        return outer

    def measure(self, path, width):
        """What a page looks like where it is so wide."""
        dom = self.run(self.around(path, width, MEASURE), "--dump-dom")
        return self.noted(dom)

    def walk(self, path):
        """What a reader of Snakemake's report finds in it."""
        copy = self.folder / "walked.html"
        page, _, end = path.read_text().rpartition("</body>")
        copy.write_text(f"{page}<script>{WALK}</script></body>{end}")
        return self.noted(self.run(copy, "--virtual-time-budget=20000", "--dump-dom"))

    def noted(self, dom):
        start, end = dom.index("<pre>") + len("<pre>"), dom.index("</pre>")
        return json.loads(html.unescape(dom[start:end]))

    def screenshot(self, path, width, height):
        image = self.folder / f"shot_{width}.png"
        self.run(
            self.around(path, width), f"--screenshot={image}", f"--window-size={width},{height}"
        )
        return image

    def pdf(self, path):
        printed = self.folder / "printed.pdf"
        self.run(path, f"--print-to-pdf={printed}", "--no-pdf-header-footer")
        return printed
