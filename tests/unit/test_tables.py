import pytest
from restmeg import InputError, tables

POINTS = [
    ["role", "point", "model.k", "replicates", "folder"],
    ["simulated", "pa", 0.5, "0-1", "simulated/pa/0-1"],
    ["simulated", "pa", 0.5, "2-2", "simulated/pa/2-2"],
    ["simulated", "pb", 1.5, "0-1", "simulated/pb/0-1"],
    ["simulated", "pb", 1.5, "2-2", "simulated/pb/2-2"],
    ["target", "pt", 2.0, "0-0", "target/pt/0-0"],
]


@pytest.fixture
def points(tmp_path):
    tables.write(tmp_path / "points.csv", POINTS)
    return tmp_path / "points.csv"


def test_tables_of_points_are_joined_by_name_whatever_their_order(tmp_path, points):
    paths = [tmp_path / name for name in ("b.csv", "a.csv")]
    tables.write(paths[0], [["point", "score", "value"], ["pb", "x", 3], ["pb", "y", 4]])
    tables.write(paths[1], [["point", "score", "value"], ["pa", "x", 1], ["pa", "y", 2]])
    tables.gather(points, paths, tmp_path / "all.csv")
    assert (tmp_path / "all.csv").read_text().splitlines() == [
        "point,model.k,score,value",
        "pa,0.5,x,1",
        "pa,0.5,y,2",
        "pb,1.5,x,3",
        "pb,1.5,y,4",
    ]


def test_texts_of_tables_stay_what_they_are(tmp_path, points):
    texts = ['a "word", and more', "two\nlines", "a\u2028b\x0bc", ""]
    paths = [tmp_path / f"{k}.csv" for k in range(3)]
    for k, path in enumerate(paths):
        plain = ["a\u2028b\x0bc"] if k == 2 else texts
        tables.write(path, [["point", "note", "x"], *(["pb", text, k // 2] for text in plain)])
    tables.gather(points, paths, tmp_path / "all.csv")
    _, rows = tables.read(tmp_path / "all.csv")
    assert [(row["note"], row["x"]) for row in rows] == [
        *((t, "0") for t in texts),
        (texts[2], "1"),
    ]


def test_a_table_is_filled_with_the_first_row_of_the_same_key(tmp_path):
    table, other = tmp_path / "table.csv", tmp_path / "other.csv"
    tables.write(table, [["a", "b", "z", "n"], ["p", 1, "", ""], ["p", 2, "", ""], ["q", 1, 7, 8]])
    rows = [["n", "b", "x", "a", "z"], [5, 1, 0, "p", 0.5], [6, 1, 0, "p", 0.6], [9, 2, 0, "r", 1]]
    tables.write(other, rows)
    tables.fill(table, other, ["a", "b"], ["z", "n"])
    assert table.read_text().splitlines() == ["a,b,z,n", "p,1,0.5,5", "p,2,,", "q,1,7,8"]


def test_a_note_on_the_target_stands_there_once(tmp_path, points):
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path in paths:
        tables.write(path, [["point", "note"], ["pt", "saturated, twice"]])
    tables.gather(points, paths, tmp_path / "all.csv")
    assert tables.read(tmp_path / "all.csv")[1] == [
        {"point": "pt", "model.k": "2.0", "note": "saturated, twice"}
    ]


def test_tables_that_do_not_belong_together_are_refused(tmp_path, points):
    tables.write(tmp_path / "a.csv", [["point", "value"], ["pa", 1]])
    tables.write(tmp_path / "b.csv", [["point", "valu"], ["pb", 1]])
    tables.write(tmp_path / "c.csv", [["point", "value"], ["pc", 1]])
    with pytest.raises(InputError, match=r"b\.csv: columns point,valu; expected point,value"):
        tables.gather(points, [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "all.csv")
    with pytest.raises(InputError, match=r"c\.csv: point 'pc' is none of .*points\.csv"):
        tables.gather(points, [tmp_path / "c.csv"], tmp_path / "all.csv")
    assert not (tmp_path / "all.csv").exists()
