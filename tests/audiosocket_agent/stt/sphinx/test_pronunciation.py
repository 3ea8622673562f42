"""IPA as espeak-ng writes it becomes phones the recogniser's model has."""

import pocketsphinx
import pytest

from audiosocket_agent.stt.sphinx.pronunciation import BRITISH, phones, variants

# ARPAbet as in CMUdict: what the model has, less silence and noise.
MODEL_PHONES = set(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W "
    "Y Z ZH".split()
)


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("pɛnzˈans", "P EH N Z AE N S"),
        ("njˈuːkiː", "N Y UW K IY"),
        ("ˌɛndʒɪnˈiə", "EH N JH IH N IY AH"),
        ("tʃˈɜːtʃ", "CH ER CH"),
        ("təmˈɒɹəʊ", "T AH M AA R OW"),
        ("sənt ˈaɪvz", "S AH N T AY V Z"),
    ],
)
def test_espeak_words(ipa, expected):
    assert phones(ipa) == expected


@pytest.mark.parametrize("ipa", ["", "ˈ", "ʘ", "p4"])
def test_sounds_without_a_counterpart_are_not_guessed(ipa):
    assert phones(ipa) is None
    assert variants(ipa) == ()


def test_lot_and_nurse_get_a_second_form():
    assert variants("blˈɒkt") == ("B L AA K T", "B L AO K T")
    assert variants("nˈɜːs") == ("N ER S", "N AH S")
    assert variants("jˈɛs") == ("Y EH S",)


def test_the_table_uses_phones_the_model_has():
    used = {phone for forms in BRITISH.values() for form in forms for phone in form.split()}
    assert used <= MODEL_PHONES
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    for number, phone in enumerate(sorted(MODEL_PHONES)):
        decoder.add_word(f"test{'x' * (number + 5)}", phone, False)
