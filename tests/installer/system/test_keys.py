import pytest

from installer.system.keys import KEY_VARIABLES, KeysError, keys_of_environment, keys_of_text


def test_every_vendors_key_is_known():
    assert set(KEY_VARIABLES) >= {
        "DEEPGRAM_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY",
        "VOICEAGENT_OLLAMA_API_KEY",
    }  # fmt: skip


def test_keys_are_read_as_people_keep_them():
    text = "# mine\nexport DEEPGRAM_API_KEY=\"a b\"\n  export GROQ_API_KEY='c'\nOPENAI_API_KEY=\n"
    assert keys_of_text(text, "f") == {"DEEPGRAM_API_KEY": "a b", "GROQ_API_KEY": "c"}


def test_keys_come_from_the_environment_only_if_there_are_any():
    assert keys_of_environment({"GROQ_API_KEY": " k ", "HOME": "/", "OPENAI_API_KEY": " "}) == {
        "GROQ_API_KEY": "k"
    }
    with pytest.raises(KeysError, match="none of DEEPGRAM_API_KEY"):
        keys_of_environment({"HOME": "/"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no key"),
        ("sk-hidden\n", "no key"),
        ("GROQ_KEY=sk-hidden\n", "GROQ_KEY is no vendor's key"),
        ('GROQ_API_KEY="sk-hidden\n', "line 1 is never closed"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text, said):
    with pytest.raises(KeysError) as caught:
        keys_of_text(text, "keys.txt")
    assert said in str(caught.value) and "keys.txt" in str(caught.value)
    assert "sk-hidden" not in str(caught.value) and "\n" not in str(caught.value)
