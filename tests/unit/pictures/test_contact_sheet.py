"""Contact sheets keep every picture and label in its own place."""

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.contact_sheet import BACKGROUND, contact_sheet, in_rows


def ink(sheet: Image.Image) -> np.ndarray:
    """(H, W), true where something is drawn."""
    return (np.asarray(sheet) != np.array(BACKGROUND, np.uint8)).any(axis=2)


def test_pictures_keep_their_shape_and_colours():
    sheet = contact_sheet([[(Image.new("RGB", (400, 200), "red"), "wide"),
                            (Image.new("RGB", (50, 100), "blue"), "tall")]], cell=100)
    pixels = np.asarray(sheet)
    for colour, (width, height) in {(255, 0, 0): (100, 50), (0, 0, 255): (50, 100)}.items():
        rows, columns = np.nonzero((pixels == colour).all(axis=2))
        assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (width, height)


@pytest.mark.parametrize("label", [
    "word " * 40, "unbroken" * 40, "a\nb\nc", "line\n" + "second " * 40, "", "Frédéric 北斎 \x00",
])
def test_a_label_never_leaves_its_column(label):
    square = Image.new("RGB", (80, 80), "red")
    marked = ink(contact_sheet([[(square, label), (square, "")], [(square, ""), (square, "")]],
                               cell=80))
    plain = ink(contact_sheet([[(square, ""), (square, "")], [(square, ""), (square, "")]],
                              cell=80))
    column = np.nonzero(plain.any(axis=0))[0]
    # The first square's own columns are the only ones that hold more ink with the label (a
    # letter may lean over by a pixel).
    first = set(range(column[0] - 1, column[0] + 81))
    assert set(np.nonzero(marked.sum(axis=0) != plain.sum(axis=0))[0]) <= first
    # And the row below has moved down: it neither covers the label nor is written over.
    alone = [ink(contact_sheet([[(square, text)]], cell=80)).sum() for text in (label, "")]
    assert marked.sum() - plain.sum() == alone[0] - alone[1]


def test_a_long_caption_is_all_there():
    square = Image.new("RGB", (80, 80), "red")
    words = "one two three four five six seven eight nine ten eleven twelve".split()
    drawn = [ink(contact_sheet([[(square, " ".join(words[:count]))]], cell=80)).sum()
             for count in range(len(words) + 1)]
    assert sorted(set(drawn)) == drawn  # each word adds ink


def test_a_picture_at_the_left_is_as_high_as_all_rows():
    cells = [(Image.new("RGB", (80, 80), "red"), "a label")] * 6
    plain = contact_sheet(in_rows(cells, 3), cell=80)
    sheet = contact_sheet(in_rows(cells, 3), cell=80, left=Image.new("RGB", (30, 40), "blue"))
    rows, columns = np.nonzero((np.asarray(sheet) == (0, 0, 255)).all(axis=2))
    assert sheet.height == plain.height and np.ptp(rows) + 1 > 2 * 80
    assert np.ptp(columns) + 1 == pytest.approx(0.75 * (np.ptp(rows) + 1), abs=1)
    right = np.asarray(sheet)[:, -plain.width + 24:]
    assert np.array_equal(right, np.asarray(plain)[:, 24:])


def test_accents_are_drawn():
    plain, accented = (ink(contact_sheet([[(None, text)]])) for text in ("Frederic", "Frédéric"))
    assert accented.sum() > plain.sum()
    assert accented[plain].all()


def test_a_sheet_has_rows_headings_and_empty_cells():
    cells = [(Image.new("RGB", (9, 9)), str(n)) for n in range(5)] + [(None, "none")]
    rows = in_rows(cells, 4)
    assert [len(row) for row in rows] == [4, 2]
    plain = contact_sheet(rows, cell=64)
    headed = contact_sheet(rows, cell=64, title="Title", headings=["one", ""])
    assert headed.width == plain.width and headed.height > plain.height


def test_a_sheet_is_saved_whole_or_not_at_all(tmp_path):
    sheet = contact_sheet([[(Image.new("RGB", (9, 9)), "x")]], tmp_path / "s.png", cell=64)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "s.png")), np.asarray(sheet))
    with pytest.raises(UserError, match="cannot be written"):
        contact_sheet([[(None, "x")]], tmp_path / "missing" / "s.png")


def test_a_sheet_that_is_too_large_is_refused_before_it_is_drawn():
    with pytest.raises(UserError, match="smaller"):
        contact_sheet([[(None, "x")] * 40] * 40, cell=2048)
