"""A study's report: it needs nothing else, asks for nothing, and whatever texts are in it are texts."""

import base64
import hashlib
import html.parser
import io
import re

import numpy as np
import pytest
from made_up_studies import plan, result
from PIL import Image

from training.errors import VaeError
from training.files import write_json
from training.plane_map import PlaneMap, packed
from training.study_pdf import as_pdf, marked_up, require_reportlab
from training.study_pictures import hole_picture, png_of
from training.study_plan import MAPS_FILE, PLANE_FILE, Study, begin
from training.study_report import as_html, name_of, read_report
from training.study_table import BY_NAME
from training.study_words import CLAIMS

NASTY = "<script>alert('1')</script>\"&'<img src=https://example.org/x>"


class _Tags(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def report(tmp_path):
    study = begin(tmp_path, plan(command=f"vae study {NASTY}"))
    for cell in study.cells:
        cell.path.mkdir()
        failure = NASTY if (cell.arm, cell.seed) == ("vae", 1) else ""
        figures = {} if failure else dict.fromkeys(BY_NAME, 1.0 + cell.seed + (cell.arm == "vae"))
        write_json(cell.path / "result.json", result(cell.arm, cell.seed, figures, failure))
        if cell.seed == 0:
            ratio = PlaneMap("log_ratio", np.zeros((4, 4), np.float32), np.zeros(2), 1.0)
            (cell.path / MAPS_FILE).write_bytes(packed([ratio]))
            (cell.path / PLANE_FILE).write_bytes(png_of(Image.new("RGB", (8, 8), "red")))
    return read_report(study, NASTY)


def test_the_page_stands_alone_and_texts_are_inert(report):
    page = as_html(report).decode()
    seen = _Tags(page)
    names = {tag for tag, _ in seen.tags}
    assert names.isdisjoint({"script", "link", "iframe", "object", "embed", "form", "a", "base", "svg"})
    sources = [value for _, attributes in seen.tags for name, value in attributes.items() if name == "src"]
    assert len(sources) == 4  # a plane and a map for each of two arms
    for source in sources:
        kind, _, content = source.partition(",")
        assert kind == "data:image/png;base64"
        Image.open(io.BytesIO(base64.b64decode(content))).verify()
    assert not any(name.startswith("on") or name == "style" for _, each in seen.tags for name in each)
    style = page[page.index("<style>") + 7 : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "@media print" in style
    policy = next(each["content"] for tag, each in seen.tags if each.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    assert sum(NASTY in text for text in seen.texts) >= 4  # title, line below it, failure, pictures, command


def test_the_page_tells_everything(report):
    text = " ".join(_Tags(as_html(report).decode()).texts)
    for claim in CLAIMS:
        assert f"“{claim.text}”" in text
    for column in BY_NAME.values():
        assert column.heading in text
        assert column.meaning in text
    for told in ("3 epochs, 30 steps of 16 pictures", "160 learnt from, 20 held out", "python 3.11", "0, 1"):
        assert told in text
    assert "VAE [1 of 2 failed]" in text
    assert re.search(r"1\.50 \(−4\.85 to 7\.85\)", text)  # 1.5 ± 12.7062 · √0.5 / √2
    assert "20 s" not in text
    assert "0 min for 4 trainings" in text


def test_damaged_results_are_told(report, tmp_path):
    write_json(tmp_path / "vae-0" / "result.json", {"figures": [], "arm": "vae"})
    with pytest.raises(VaeError, match=r"result\.json"):
        read_report(Study(tmp_path, plan()), "pictures")


def test_holes_are_orange_and_outlined_and_the_top_is_up():
    values = np.zeros((12, 12), np.float32)
    values[:4] = -9.0  # downwards on the plane
    values[8:] = 9.0
    values[6, 6] = np.nan
    picture = np.asarray(
        Image.open(io.BytesIO(hole_picture(PlaneMap("log_ratio", values, np.zeros(2), 1.0))))
    )
    left = picture[:, 0].astype(int)
    assert left[0, 2] > left[0, 0]  # blue above
    assert left[-1, 0] > left[-1, 2]  # orange below
    assert np.ptp(left[len(left) // 2]) == 0  # white between
    dark = (picture.sum(axis=2) < 200).any(axis=1)
    assert 0 < dark.mean() < 0.2
    assert dark[len(dark) // 2 :].any()


def test_pdf_has_the_same_texts(report, qapp, tmp_path):
    pytest.importorskip("reportlab")
    from PySide6.QtPdf import QPdfDocument

    (tmp_path / "report.pdf").write_bytes(as_pdf(report))
    document = QPdfDocument()
    assert document.load(str(tmp_path / "report.pdf")) == QPdfDocument.Error.None_
    text = " ".join(document.getAllText(page).text() for page in range(document.pageCount()))
    text = " ".join(text.split())
    document.close()
    for claim in CLAIMS:
        assert claim.text in text
    assert "<script>alert('1')</script>" in text
    assert "30 steps of 16 pictures" in text


def test_what_helvetica_lacks_comes_from_other_fonts():
    assert marked_up("σ ↑ <b>") == '<font name="Symbol">σ</font> <font name="Symbol">↑</font> &lt;b&gt;'
    assert marked_up("KL(q̄‖p)") == "KL(q||p)"
    assert marked_up("字") == "?"


def test_without_reportlab_pdf_is_refused_with_advice(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "reportlab", None)
    with pytest.raises(VaeError, match=r"report\.html"):
        require_reportlab()


def test_reports_have_names_and_no_paths(tmp_path):
    assert name_of("sample:emoji") == "sample:emoji"
    assert name_of(str(tmp_path / "home" / "cats")) == "cats"
