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
        (b"[a]\n;-- 1 ;-- 2 --; b=c\n--;d=e\n", [("a", [("d", "e")])]),
        (b"[a]\n;-- x --;b=c;-- y --;\n;-- z\nd=e\n--;f=g", [("a", [("b", "c"), ("f", "g")])]),
        (b"[a]\n;---- no block --; b=c\nd=e\n", [("a", [("d", "e")])]),
        (b"[a]\nb=1 \\; 2 ;\\; 3\n;\\; d=e\n", [("a", [("b", "1 ; 2")])]),
        (b"[a]\nb=1\0 2\n\0c=3\n", [("a", [("b", "1")])]),
        (b"[a]\n\x0c b=1\x01\n\xc2\xa0c=2\n", [("a", [("b", "1"), ("\xa0c", "2")])]),
        (b"[a]\n\\#b=1\n\\=c=2\n", [("a", [("#b", "1"), ("=c", "2")])]),
        (b"[a]\nb=1\nb+= 2 \nc += 3\n", [("a", [("b", "1 2"), ("c", "3")])]),
        (b"[a]\nno sign\n=nothing\nb==>\n", [("a", [("b", "=>")])]),
        (b"[general]\r[a]\r\nb=c\n", [("general", [("b", "c")])]),
        (b"[a]\n[A](+)\nb=c\n[d](a)\n", [("a", [("b", "c")]), ("d", [("b", "c")])]),
        (b"[t](!)\n[u](!)\nb=c\n[a](t,u)\n", [("t", []), ("u", [("b", "c")]), ("a", [("b", "c")])]),
        (b"[a]\nb=c\n[a]\nd=e\n", [("a", [("b", "c")]), ("a", [("d", "e")])]),
        (b"[a]\nb=c\n[x]\n[a](+)\nd=e\n", [("a", [("b", "c"), ("d", "e")]), ("x", [])]),
        (b"[t](!)\nb=c\n[a](t)\nd=e\n", [("t", [("b", "c")]), ("a", [("b", "c"), ("d", "e")])]),
        (b"[a]\nb=caf\xe9\n", [("a", [("b", "caf\udce9")])]),
    ],
)
def test_a_file_is_read_as_asterisk_reads_it(text, sections):
    config = read(text)
    assert flat(config) == sections
    assert not config.problems and not config.open_comment


def test_lines_after_an_include_belong_to_the_section_before_it():
    config = read(b'[a]\n#include "other.conf"\ne=f\n', other=b"b=c\n[x]\nd=e\n")
    assert flat(config) == [("a", [("b", "c"), ("e", "f")]), ("x", [("d", "e")])]
    assert config.sections[1].where == "other.conf:2"
    assert config.sections[0].settings[0].where == "other.conf:1"
    # But an included file goes on where the last one ended.
    config = read(b"[a]\n#include o.conf\n#include p.conf\n", o=b"[x]\n", p=b"b=c\n")
    assert flat(config) == [("a", []), ("x", [("b", "c")])]


def test_a_byte_order_mark_is_passed_over_in_the_first_file_of_a_pattern_only():
    config = read(b"#include *.conf\n", o=b"\xef\xbb\xbf[a]\n", p=b"\xef\xbb\xbf[b]\n[c]\n")
    assert [one.name for one in config.sections] == ["a", "c"]


def test_options_count_only_where_they_touch_the_name():
    first, second, third = read(b"[a] (!)\n[b](!)x\n[c]x(!)\n").sections
    assert (first.template, second.template, third.template) == (False, True, False)


def test_a_template_is_added_to_by_name_only():
    assert read(b"[t](!)\n[t](+)\n").refused == "adds to [t], which is not there"
    config = read(b"[t](!)\n[t](+TEMPLATES=include)\nb=c\n")
    assert flat(config) == [("t", [("b", "c")])] and config.sections[0].template


@pytest.mark.parametrize("size", [8190, 8191, 8192, 20_000])
def test_a_line_too_long_for_asterisk_is_left_out(size):
    line = b"b=".ljust(size - 2) + b"c\n"
    config = read(b"[a]\n" + line + b"d=e\n")
    assert flat(config)[0][1][-1] == ("d", "e")
    assert (len(config.sections[0].settings) == 2) is (size <= 8191)
    assert config.problems == ([] if size <= 8191 else ["main.conf:2 is too long and left out"])
    # Without a line end there is one byte less.
    assert (len(read(b"[a]\n" + line[:-1]).sections[0].settings) == 1) is (size <= 8191)


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
        (b"#exec /bin/true\n", "main.conf:1 has #exec, whose result is not looked at"),
        (b"#include\n", "main.conf:1 has #include, whose result is not looked at"),
        (b"# include x\n", "main.conf:1 has #include, whose result is not looked at"),
        (b"#\n", "main.conf:1 has #, whose result is not looked at"),
    ],
)
def test_what_asterisk_would_complain_about_is_named(text, problem):
    config = read(text + b"[a]\n")
    assert config.problems == [problem]
    assert not config.refused and flat(config) == [("a", [])]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"#include none.conf", "includes none.conf, which is missing"),
        (b'#include "none.conf', 'includes "none.conf, which is missing'),
        (b"#INCLUDE x*.conf", "includes x*.conf, which is missing"),
        (b"[b", "has a [ without a ]"),
        (b"[b](!", "has a ( without a )"),
        (b"[b](+)", "adds to [b], which is not there"),
        (b"[b](c)", "takes after [c], which is not there"),
        (b"[b](a, a)", "takes after [ a], which is not there"),
        (b"\\", "has a \\ before nothing"),
    ],
)
def test_a_line_that_makes_asterisk_refuse_the_whole_file_is_named(line, why):
    config = read(b"[a]\n" + line + b"\n[z]\n")
    assert (config.refused, config.refused_at) == (why, "main.conf:2")
    assert flat(config) == [("a", [])] and not config.problems
    # In an included file only the rest of that one is lost.
    config = read(b"[0]\n#include o.conf\n[z]\n", o=b"[a]\n" + line + b"\n[y]\n")
    assert not config.refused
    assert config.problems == [f"o.conf:2 {why}; the rest of that file is not read"]
    assert [one.name for one in config.sections] == ["0", "a", "z"]


@pytest.mark.parametrize("line", [b"a=b", b"words", b"\xff\xfe[\x00a\x00]"])
def test_a_line_before_the_first_section_makes_asterisk_refuse_the_file(line):
    assert read(line + b"\n[a]\n").refused == "has a line before the first [section]"


def test_a_missing_file_is_only_a_problem_where_it_is_required():
    assert not read(b"#tryinclude none.conf\n").problems
    assert read_config("gone.conf", lambda name: []).problems == ["no gone.conf"]


def test_a_file_that_includes_itself_ends():
    config = read(b"#include main.conf\n[a]\n")
    said = "main.conf:1 includes main.conf, which is too deep; the rest of that file is not read"
    assert config.problems == [said]
    assert flat(config) == [("a", [])] * 9  # the tenth is refused
    assert not read(b"#tryinclude main.conf\n[a]\n").problems


def test_a_comment_that_never_ends_is_found_where_it_begins():
    assert read(b"[a]\n;-- b\n[c]\n").open_comment == "main.conf:2"
    assert read(b";--\n;-- b\n--;\n").open_comment == "main.conf:1"
    assert not read(b"#include o.conf\n", o=b";-- b\n").open_comment  # ends with its file


def test_a_comment_goes_on_through_all_files_a_pattern_means():
    config = read(b"#include *.conf\n[z]\n", o=b"[a]\n;-- b\n", p=b"[c]\n--;[d]\n")
    assert [one.name for one in config.sections] == ["a", "d", "z"]
    assert not config.open_comment


def test_an_end_without_a_beginning_makes_a_comment_of_all_that_follows():
    config = read(b"[a]\n--;\n[b]\n")
    assert flat(config) == [("a", [])]
    assert (config.open_comment, config.stray_end) == ("", "main.conf:2")
    config = read(b"[a]\n--;\n;-- it is made up for here\n[b]\n")
    assert [one.name for one in config.sections] == ["a", "b"] and not config.stray_end


@given(st.binary(max_size=200))
def test_no_file_makes_it_stumble(text):
    read(text)


@given(st.lists(st.sampled_from(["[a]", "[a](+)", "[b](!)", "[c](b)", "x=y", ";--", "--;", "#"])))
def test_no_order_of_ordinary_lines_makes_it_stumble(lines):
    config = read("\n".join(lines).encode())
    assert all(one.name in "abc" for one in config.sections)
