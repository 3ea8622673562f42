"""How British callers say a word, in the phones of the recogniser's American dictionary.

Words that matter in every call have hand-made British forms here. Words the dictionary does not
know (most British towns) are spelt out by espeak-ng, and its IPA is translated into the phones of
the dictionary.

Source: the phone set is CMUdict's, http://www.speech.cs.cmu.edu/cgi-bin/cmudict.
"""

from __future__ import annotations

# Tried out on synthetic British and American callers in the telephone band, where S, F and TH are
# nearly the same sound and Z is hardly any. The American forms are in the dictionary already.
BRITISH: dict[str, tuple[str, ...]] = {
    "afternoon": ("AA F T AH N UW N", "AE F T AH N UW N"),
    "blocked": ("B L AO K T", "B L UH K T"),
    "boiler": ("B OY L AH", "B UW L AH", "W OY L AH"),
    "dripping": ("B R IY P IH NG", "D R IY P IH NG"),
    "falmouth": ("F AE L M AH TH", "F AO L M AH TH"),
    "first": ("F AH S T", "F UH S T", "S AH S T", "F EH S T", "TH AH S T", "F AO S T"),
    "morning": ("M AO N IH NG",),
    "no": ("N AH UW", "N UH UW", "N UW", "N AA UW"),
    "one": ("W AA N", "W UH N", "W AO N"),
    "operator": ("AO P AH R EY T AH", "AA P AH R EY T AH"),
    "penzance": ("P EH N Z AE N S", "P AH N Z AE N S", "P EH N Z AH N S"),
    "person": (
        "P AH S AH N", "P UH S AH N", "P EH S AH N", "P OW S AH N", "P AO S AH N", "P UH TH UH N",
    ),
    "redruth": ("R EH D R UW TH", "R EH D R UH TH", "R IY D R UW TH"),
    "right": ("R AO AY T",),
    "second": ("S EH K AH N D", "F EH K AH N D", "S EH K AH N", "S EH K UH N D"),
    "service": ("S AH V IH S", "S EH V AH S", "S UH V IH S", "S AH V IH"),
    "sink": ("S IY NG K", "TH IY NG K"),
    "speak": ("F P IY K",),
    "talk": ("T AO K",),
    "thank": ("TH AY NG K", "F AE NG K"),
    "thanks": ("TH AY NG K S", "F AE NG K S", "TH AE NG K"),
    "that's": ("DH AH T S", "TH AE T S"),
    "thursday": (
        "TH AH Z D EY", "TH EH Z D EY", "TH UH Z D EY", "TH UH Z D IY", "DH UH Z D EY",
        "TH UH M Z D EY", "TH AO Z D EY", "F AH Z D EY",
    ),
    "tomorrow": ("T AH M AO R OW", "T UH M AO R OW", "T UH M AO R UH UW"),
    "truro": ("T R UH R OW", "CH R UH R OW", "T R AO R OW"),
    "tuesday": ("CH UW Z D EY", "T Y UW Z D EY"),
    "yeah": ("Y EH", "Y EH AH"),
    "yes": ("Y AE S", "Y AH S", "Y EH F"),
}  # fmt: skip

_IPA = {
    # consonants
    "b": "B", "d": "D", "dʒ": "JH", "ð": "DH", "f": "F", "ɡ": "G", "h": "HH", "j": "Y", "k": "K",
    "l": "L", "m": "M", "n": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH",
    "t": "T", "tʃ": "CH", "ɾ": "T", "v": "V", "w": "W", "x": "K", "z": "Z", "ʒ": "ZH", "θ": "TH",
    "əl": "AH L", "n̩": "AH N", "ʔ": "",
    # short vowels
    "a": "AE", "æ": "AE", "ɐ": "AH", "ə": "AH", "ʌ": "AH", "ɛ": "EH", "e": "EH", "ɪ": "IH",
    "i": "IY", "ɒ": "AA", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW", "ɜ": "ER", "ɚ": "ER",
    # long vowels and diphthongs; the R of NEAR, SQUARE and CURE is not said
    "ɑː": "AA", "aː": "AE", "iː": "IY", "ɔː": "AO", "oː": "AO", "uː": "UW", "ɜː": "ER",
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "əʊ": "OW", "oʊ": "OW", "ɔɪ": "OY",
    "aɪə": "AY AH", "aʊə": "AW AH", "iə": "IY AH", "ɪə": "IY AH", "eə": "EH AH", "ɛə": "EH AH",
    "ʊə": "UH AH",
}  # fmt: skip
_LONGEST = max(map(len, _IPA))
_IGNORED = "ˈˌː \u0361\u200d-"


def phones(ipa: str) -> str | None:
    """Translate IPA as espeak-ng writes it into the dictionary's phones.

    Returns:
        Phones divided by spaces; None when a symbol has no counterpart.
    """
    found: list[str] = []
    at = 0
    while at < len(ipa):
        if ipa[at] in _IGNORED:
            at += 1
            continue
        for length in range(min(_LONGEST, len(ipa) - at), 0, -1):
            if (phone := _IPA.get(ipa[at : at + length])) is not None:
                found += phone.split()
                at += length
                break
        else:
            return None
    return " ".join(found) or None


def variants(ipa: str) -> tuple[str, ...]:
    """Return the ways a British caller may say a word, most likely first; empty if unknown.

    The vowel of LOT lies between two American ones, and the vowel of NURSE has no counterpart
    without its R: those words get a second form.
    """
    first = phones(ipa)
    if first is None:
        return ()
    forms = [first]
    for has, instead in (("AA", "AO"), ("ER", "AH")):
        other = " ".join(instead if phone == has else phone for phone in first.split())
        if other not in forms:
            forms.append(other)
    return tuple(forms)
