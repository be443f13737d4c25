from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from vae_desktop.decode_view import DecodeView, position_text
from vae_desktop.nearest_view import NearPicture
from vae_desktop.pixels import to_qimage
from vae_desktop.square_grid import best_fit


@pytest.fixture
def view(qtbot):
    widget = DecodeView()
    qtbot.addWidget(widget)
    widget.resize(328, 640)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def flat(red, green, blue, size=32):
    return np.full((size, size, 3), (red, green, blue), np.uint8)


def squares(view):
    found = [b for b in view.findChildren(QAbstractButton) if b.accessibleName().startswith("Handle ")]
    return {button.accessibleName(): button for button in found if button.isVisible()}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(33, 33), (1, 7), (64, 64)])
def test_to_qimage_keeps_every_pixel(channels, size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, channels), dtype=np.uint8)
    image = to_qimage(pixels)
    kept = pixels.copy()
    pixels[:] = 0  # the image must own its memory
    assert (image.height(), image.width()) == size
    for y in range(size[0]):
        for x in range(size[1]):
            red, green, blue, _ = image.pixelColor(x, y).getRgb()
            assert (red, green, blue) == tuple(int(v) for v in np.broadcast_to(kept[y, x], 3))


def test_to_qimage_takes_slices_and_refuses_other_arrays():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    assert to_qimage(pixels[::2, 5:12]) == to_qimage(pixels[::2, 5:12].copy())
    for wrong in (pixels[..., :2], pixels[..., 0], pixels.astype(np.float32), pixels[:0]):
        with pytest.raises(ValueError, match="expected uint8"):
            to_qimage(wrong)


def test_painted_follows_every_new_picture(view, qtbot):
    for colour in (10, 200):
        with qtbot.waitSignal(view.painted) as painted:
            view.show_picture(1, (0.0, 0.0), flat(colour, 0, 0))
        assert painted.args == [1]
    with qtbot.assertNotEmitted(view.painted):
        view.grab()  # painted again, but nothing new


def test_the_picture_shown_is_the_one_given(view):
    view.show_picture(1, (0.5, 0.5), flat(250, 10, 20))
    first = view.grab().toImage()
    assert first.pixelColor(164, 160).getRgb()[:3] == (250, 10, 20)
    view.show_picture(1, (0.5, 0.5), flat(10, 250, 20))
    assert view.grab().toImage().pixelColor(164, 160).getRgb()[:3] == (10, 250, 20)
    assert view.current_image() == to_qimage(flat(10, 250, 20))


def test_small_pictures_are_enlarged_in_crisp_equal_pixels(view):
    checker = np.indices((32, 32)).sum(axis=0) % 2 * 255
    view.show_picture(1, (0, 0), np.repeat(checker[..., None].astype(np.uint8), 3, axis=2))
    image = view.grab().toImage()
    row = [image.pixelColor(x, 164).lightness() for x in range(40, 290)]
    assert set(row) == {0, 255}
    changes = [x for x in range(1, len(row)) if row[x] != row[x - 1]]
    assert len({second - first for first, second in pairwise(changes)}) == 1


def test_caption_shows_the_position_with_true_minus_signs(view):
    view.show_picture(1, (-0.42, 1.13), flat(0, 0, 0))
    captions = [label.text() for label in view.findChildren(QLabel)]
    assert any("z₁ −0.42" in text and "1.13" in text for text in captions)
    assert len(position_text((-0.42, 1.13))) == len(position_text((0.42, -1.13)))
    assert position_text((1.0,) * 9).endswith("…")


def test_strip_appears_with_the_second_handle_and_chooses(view, qtbot):
    view.show_picture(1, (0, 0), flat(200, 0, 0))
    assert squares(view) == {}
    view.show_picture(2, (1, 1), flat(0, 200, 0))
    assert list(squares(view)) == ["Handle 1", "Handle 2"]
    assert view.current_image() == to_qimage(flat(200, 0, 0))
    with qtbot.waitSignal(view.handle_chosen) as chosen:
        QTest.mouseClick(squares(view)["Handle 2"], Qt.MouseButton.LeftButton)
    assert chosen.args == [2]
    assert view.current_image() == to_qimage(flat(0, 200, 0))
    with qtbot.waitSignal(view.painted) as painted:
        view.show_picture(1, (0, 0), flat(0, 0, 200))
    assert painted.args == [1]
    small = squares(view)["Handle 1"].grab().toImage()
    assert small.pixelColor(30, 30).getRgb()[:3] == (0, 0, 200)


def test_the_handles_are_whole_in_a_panel_as_high_as_at_first(view, qtbot):
    view.resize(290, 572)
    for handle in (1, 2):
        view.show_picture(handle, (0, 0), flat(200, 0, 0))
    pictures = [NearPicture(number, flat(9, 9, 9), f"{number}.png") for number in (3, 5)]
    view.nearest.show_nearest((pictures[0], 0.3), (pictures[1], 0.1))
    view.nearest.show_novelty("Something new: " + "farther from all of yours " * 3, is_guess=True)
    qtbot.wait(50)  # for what is to be laid out
    assert all(square.visibleRegion().boundingRect() == square.rect() for square in squares(view).values())


def test_removing_the_active_handle_shows_another(view):
    view.show_picture(1, (0, 0), flat(200, 0, 0))
    view.show_picture(2, (1, 1), flat(0, 200, 0))
    view.set_active(2)
    view.remove(2)
    assert view.current_image() == to_qimage(flat(200, 0, 0))
    assert squares(view) == {}
    view.remove(77)
    view.clear()
    assert view.current_image() is None


def test_the_picture_of_an_active_handle_not_yet_decoded_is_none(view):
    view.show_picture(1, (0, 0), flat(200, 0, 0))
    view.set_active(3)
    assert view.current_image() is None
    view.show_picture(3, (0, 0), flat(0, 0, 99))
    assert view.current_image() == to_qimage(flat(0, 0, 99))


def test_a_square_has_the_name_of_its_handle_and_tells_that_it_is_locked(view):
    view.show_picture(1, (0, 0), flat(200, 0, 0))
    view.show_picture(2, (1, 1), flat(0, 200, 0))
    unlocked = squares(view)["Handle 2"].grab().toImage()
    view.describe_handle(2, "smile", is_locked=True)
    locked = next(b for b in view.findChildren(QAbstractButton) if b.accessibleName() == "smile, locked")
    assert "smile" in locked.toolTip()
    assert locked.grab().toImage() != unlocked
    view.describe_handle(2, "", is_locked=False)
    assert list(squares(view)) == ["Handle 1", "Handle 2"]


def test_equal_pictures_fill_the_panel_choose_by_click_and_key_and_follow(view, qtbot):
    for handle in (1, 2, 3):
        view.show_picture(handle, (0, 0), flat(60 * handle, 0, 0))
    view.describe_handle(3, "third", is_locked=False)
    view.set_equal(True)
    shown = squares(view)
    buttons = [button for button in view.findChildren(QAbstractButton) if button.isVisible()]
    third = next(button for button in buttons if button.accessibleName() == "third")
    sides = {button.width() for button in (*shown.values(), third)}
    assert len(sides) == 1
    assert sides.pop() > 180  # three in a column of 640 pixels
    with qtbot.waitSignal(view.handle_chosen) as chosen:
        QTest.mouseClick(shown["Handle 2"], Qt.MouseButton.LeftButton)
    assert chosen.args == [2]
    shown["Handle 2"].setFocus()
    QTest.keyClick(shown["Handle 2"], Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.handle_chosen) as chosen:
        QTest.keyClick(view.window().focusWidget(), Qt.Key.Key_Space)
    assert chosen.args == [3]
    with qtbot.waitSignal(view.painted) as painted:
        view.show_picture(3, (0, 0), flat(0, 0, 250))
    assert painted.args == [3]
    assert third.grab().toImage().pixelColor(60, 60).getRgb()[:3] == (0, 0, 250)
    view.remove(3)
    assert list(squares(view)) == ["Handle 1", "Handle 2"]
    view.set_equal(False)
    assert view.current_image() is not None
    assert {button.width() for button in squares(view).values()} == {48}


@pytest.mark.parametrize("count", [1, 2, 5, 12, 60])
@pytest.mark.parametrize(("width", "height"), [(288, 500), (700, 300), (110, 90)])
def test_squares_are_as_large_as_fits_or_scroll(count, width, height):
    columns, side = best_fit(count, width, height)
    rows = -(-count // columns)
    assert columns * (side + 8) - 8 <= width
    fits = rows * (side + 8) - 8 <= height
    assert fits or side >= 88
    if fits and columns < count:  # no other arrangement has larger ones
        for other in range(1, count + 1):
            assert min((width + 8) // other, (height + 8) // -(-count // other)) - 8 <= max(side, 95)
