import pytest
from restmeg import InputError, yamlfile


def message_of(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        yamlfile.check(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sweep: {}\nmodel:\n  noise: {tau: 1 ms}\n  r: [{a: 1}, {a: 2}]\n",  # two mappings
        "a: [0, 1.5, -0.5, 10, 1e-3, '010', \"1:30\", 0.10, +3, 10 mm/ms]",
        "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",  # the same again, but not within itself
        '{\n\t"a": 1\n}',  # JSON, which Snakemake reads too
    ],
)
def test_plain_files_are_accepted(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    yamlfile.check(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ("sweep: {a: [1]}\nmodel: {}\nsweep: {}\n", 3, 1),
        ("simulation: {seed: 1, seed: 2}", 1, 1),
        ('{"simulation": {"seed": 1, "seed": 2}}', 1, 1),
        ("a:\n  - {b: 1,\n     c: 2, b: 3}", 3, 2),
    ],
)
def test_a_key_that_is_there_twice_is_refused(tmp_path, text, line, first):
    message = message_of(tmp_path / "config.yaml", text)
    assert message.startswith(f"line {line}: key '")
    assert message.endswith(f"is there already, in line {first}; expected each key once")


@pytest.mark.parametrize(
    "text", ["measures: &m [*m]", "simulation: &s {<<: *s}", "a:\n  &x [1, {b: [*x]}]"]
)
def test_an_alias_that_leads_to_itself_is_refused(tmp_path, text):
    message = message_of(tmp_path / "config.yaml", text)
    assert "an alias leads to itself" in message


def test_what_is_nested_too_deep_is_refused(tmp_path):
    deep = "a: " + "[" * 3000 + "]" * 3000
    assert message_of(tmp_path / "config.yaml", deep) == "nested too deep; expected some levels"


def test_aliases_that_multiply_are_refused(tmp_path):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for k in range(8):
        lines.append(f"a{k + 1}: &a{k + 1} [{', '.join([f'*a{k}'] * 10)}]")
    message = message_of(tmp_path / "config.yaml", "\n".join(lines))
    assert message == "line 6: 1111111 values; expected at most 1000000"


@pytest.mark.parametrize(
    ("number", "value"), [("010", "8"), ("1:30", "90"), ("-007", "-7"), ("1:30.5", "90.5")]
)
def test_numbers_that_yaml_reads_in_another_base_are_refused(tmp_path, number, value):
    message = message_of(tmp_path / "config.yaml", f"a: 1\nb: [{number}]\n")
    assert message == (
        f"line 2: YAML reads {number} as {value}; expected a plain decimal number, or quotes "
        "around a text"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: 1\nb: caf\xe9\n", "line 2: not UTF-8 text; expected UTF-8"),
        ("a: 1\nb: [1, 2\n", "line 3: expected ',' or ']', but got '<stream end>'; expected YAML"),
        ("a: 1\n\tb: 2\n", "line 2: found character '\\t' that cannot start any token; expected"),
        ("a: \x00", "unacceptable character #x0000: special characters are not allowed"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path, text, message):
    assert message_of(tmp_path / "config.yaml", text).startswith(message)
