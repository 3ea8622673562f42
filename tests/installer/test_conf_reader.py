import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.conf_reader import read_config


def read(text, **files):
    """Read a text as main.conf; other files by their names without .conf."""
    content = {"main.conf": text, **{f"{name}.conf": body for name, body in files.items()}}

    def load(name):
        if name == "*.conf":
            return [(one, body) for one, body in content.items() if one != "main.conf"]
        return [(name, content[name])] if name in content else []

    return read_config("main.conf", load)


def flat(config):
    return [(s.name, [(one.name, one.value) for one in s.settings]) for s in config.sections]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (b"", []),
        (b"[a]\nb=c\nd => e\n f\t= g h \n", [("a", [("b", "c"), ("d", "e"), ("f", "g h")])]),
        (b"\xef\xbb\xbf[a]\r\nb=c\r\n", [("a", [("b", "c")])]),
        (b"[a]\nb=c ; d=e\n;f=g\nh=i\\;j", [("a", [("b", "c"), ("h", "i;j")])]),
        (b"[a]\nb=1\n;-- b=2\nb=3\n--; b=4\nb=5\n", [("a", [("b", "1"), ("b", "4"), ("b", "5")])]),
        (b"[a]\nb=;-- x --;c\n", [("a", [("b", "c")])]),
        (b"[a]\n;--- a ruler ---\nb=c\n", [("a", [("b", "c")])]),
        (b"[a]\nb=c\n[a]\nd=e\n", [("a", [("b", "c")]), ("a", [("d", "e")])]),
        (b"[a]\nb=c\n[x]\n[a](+)\nd=e\n", [("a", [("b", "c"), ("d", "e")]), ("x", [])]),
        (b"[t](!)\nb=c\n[a](t)\nd=e\n", [("t", [("b", "c")]), ("a", [("b", "c"), ("d", "e")])]),
        (b"lost=1\n[a]\n", [("a", [])]),
        (b"[a]\nb=caf\xe9\n", [("a", [("b", "caf\udce9")])]),
    ],
)
def test_a_file_is_read_as_asterisk_reads_it(text, sections):
    config = read(text)
    assert flat(config) == sections
    assert not config.problems and not config.open_comment


def test_included_text_belongs_to_the_section_it_lands_in():
    config = read(b'[a]\n#include "other.conf"\ne=f\n', other=b"b=c\n[x]\nd=e\n")
    assert flat(config) == [("a", [("b", "c")]), ("x", [("d", "e"), ("e", "f")])]
    assert config.sections[1].where == "other.conf:2"
    assert config.sections[0].settings[0].where == "other.conf:1"


@pytest.mark.parametrize("target", [b"other.conf", b'"other.conf"', b"<other.conf>", b"*.conf"])
def test_a_file_can_be_named_in_any_of_the_usual_ways(target):
    assert flat(read(b"#tryinclude  " + target + b"\r\n", other=b"[x]\n")) == [("x", [])]


def test_a_template_is_not_the_section_asterisk_uses():
    config = read(b"[Directories](!)\nastetcdir => /x\n")
    assert config.section("directories") is None
    config = read(b"[d](!)\nastetcdir => /x\n[directories](d)\n")
    assert config.section("DIRECTORIES").settings[0].value == "/x"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"\n#include none.conf\n", "main.conf:2 includes none.conf, which is missing"),
        (b"#exec /bin/true\n", "main.conf:1 has #exec, whose result is not looked at"),
        (b"#include\n", "main.conf:1 has #include, whose result is not looked at"),
        (b"#\n", "main.conf:1 has #, whose result is not looked at"),
        (b"[a\n", "main.conf:1 has a [ without a ]"),
        (b"[a](+)\n", "main.conf:1 adds to [a], which is not there"),
        (b"[a](b)\n", "main.conf:1 takes after [b], which is not there"),
    ],
)
def test_what_asterisk_would_complain_about_is_named(text, problem):
    assert read(text).problems == [problem]


def test_a_missing_file_is_only_a_problem_where_it_is_required():
    assert not read(b"#tryinclude none.conf\n").problems
    assert read_config("gone.conf", lambda name: []).problems == ["no gone.conf"]


def test_a_file_that_includes_itself_ends():
    config = read(b"#include main.conf\n[a]\n")
    assert config.problems == ["main.conf:1 includes too deep"]


def test_a_comment_that_never_ends_is_found_where_it_begins():
    assert read(b"[a]\n;-- b\n[c]\n").open_comment == "main.conf:2"
    assert not read(b"#include o.conf\n", o=b";-- b\n").open_comment  # ends with its file


@given(st.binary(max_size=200))
def test_no_file_makes_it_stumble(text):
    read(text)


@given(st.lists(st.sampled_from(["[a]", "[a](+)", "[b](!)", "[c](b)", "x=y", ";--", "--;", "#"])))
def test_no_order_of_ordinary_lines_makes_it_stumble(lines):
    config = read("\n".join(lines).encode())
    assert all(one.name in "abc" for one in config.sections)
