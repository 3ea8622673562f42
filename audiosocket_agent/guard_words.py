"""The words that the guard of a model's speech goes by. Pure: tables and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Kind(Enum):
    """What was wrong with what a model wrote."""

    PRICE = "price"  # that is not in the list, and no tool has told
    TIME = "time"  # a time or a day is promised that no tool has told
    NUMBER = "number"  # a telephone number, a reference, a figure from nowhere
    PROMISE = "promise"  # a guarantee, a refund, a discount
    BOOKED = "booked"  # says that something is booked which is not
    SCOPE = "scope"  # law, medicine, money, politics, other companies
    SELF = "self"  # its own instructions, another role, another language
    SAFETY = "safety"  # what to do about gas or electricity
    ADDRESS = "address"  # of the web or of a mailbox, not the company's


MONEY = frozenset(
    "pound pounds quid pence penny pennies gbp euro euros dollar dollars sterling grand "
    "libra libras livre livres pfund funt funty bucks".split()
)
PERCENT = frozenset(("percent", "%", "pct"))
COINS = {"fiver": 5, "tenner": 10, "fivers": 5, "tenners": 10}
DURATIONS = frozenset(
    "second seconds minute minutes hour hours day days week weeks month months year years".split()
)
DAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
SOON = ("today", "tomorrow", "tonight")
NAMED_CLOCKS = {"noon": (0, 0), "midday": (0, 0), "midnight": (0, 0), "lunchtime": (0, 0),
                "teatime": (5, 0)}  # fmt: skip
BEFORE_TIME = frozenset("at by before after around about from between until till past to".split())
HALVES = frozenset(("half", "quarter"))
CLOCK_WORDS = frozenset(("o'clock", "oclock", "am", "pm", "a.m", "p.m", "noon", "hundred hours"))
COUNTED = frozenset(
    "option options number press key step line question choice flat room house unit suite floor "
    "version part".split()
)
PRICE_WORDS = frozenset(
    "price prices cost costs costing charge charges charged fee fees pay paying total quote "
    "comes cheaper cheap deposit rate worth only just".split()
)
COMES_TO = (
    ("that'll", "be"), ("it'll", "be"), ("will", "be"), ("would", "be"), ("comes", "to"),
    ("come", "to"), ("is", "just"), ("is", "only"), ("for", "just"), ("for", "only"),
    ("costs",), ("cost",), ("price", "is"), ("that's",), ("down", "to"), ("do", "it", "for"),
    ("make", "it"), ("say",),
)  # fmt: skip

NEGATORS = frozenset(
    "can't cannot couldn't can't don't won't wouldn't not unable never no without isn't aren't "
    "mustn't haven't nor".split()
)
FILLERS = frozenset(
    "able to offer give make you any a an the allowed provide do say quote discuss really actually "
    "that have us such speak about talk handle help with comment on be in position or and for it "
    "say reveal share tell promise guarantee discounts refunds anything more of my change state "
    "invent repeat use legal medical financial advice kind special free is are there get done "
    "act as pretend role play play know accept answer questions take me your information details "
    "idea find see list here hand".split()
)

_PROMISES = (
    """
guarantee | guarantees | guaranteed | guaranteeing | i promise | we promise | promise you | promised
you have my word | you've my word | my word on it | rest assured | i assure you | i swear
refund | refunds | refunded | refundable | money back | cashback | discount | discounts | discounted
% off | percent off | per cent off | price match | price matched | voucher | vouchers | coupon
compensation | compensate | reimburse | reimbursed | warranty | lifetime cover | special deal
special offer | special price | best price | better price | lower price | reduced price | knock off
knock a bit off | money off | waive | waived | on the house
""",
    Kind.PROMISE,
)
_PRICES = (
    """
half price | half the price | half off | half the cost | half of that | for free | free of charge
at no cost | no cost | no charge | without charge | without any charge | free visit | free call-out
free callout | free call out | free quote | free estimate | free inspection | free consultation
free repair | free service | free boiler | free delivery | free parts | free labour
kostenlos | umsonst | gratuito | darmo | zéro
completely free
absolutely free | totally free | entirely free | it free | won't cost | will not cost
cost you nothing | costs nothing | cost nothing | costs you nothing | for nothing | gratis
complimentary | two for one | buy one | price is free | is now free | it's free | it is free
is all free
visit is free | repair is free | service is free | work is free | job is free | everything is free
a few pounds | hundreds of pounds | couple of quid | few quid | couple of pounds
""",
    Kind.PRICE,
)
FREE_TIMES = frozenset((("it's", "free"), ("it", "is", "free"), ("it", "free")))  # or prices
_BOOKED = (
    """
you're booked | you are booked | you're all booked | you are all booked | i've booked
i have booked | we've booked | we have booked | that's booked | that is booked | it's booked
it is booked
is now booked | now booked in | booking is confirmed | booking is made | booking's confirmed
booking has been made | booking has been confirmed | appointment is confirmed | is all confirmed
appointment has been confirmed | appointment is booked | visit is booked | visit is confirmed
you're all set for | you are all set for | i've cancelled | i have cancelled | is cancelled
has been cancelled | i've moved your | i have moved your | has been moved | has been changed
confirmed under reference | confirmed under the reference | confirmed with reference
booked under reference | booked under the reference | booked with reference
""",
    Kind.BOOKED,
)
_SCOPE = (
    """
legal advice | sue | suing | lawsuit | solicitor | solicitors | lawyer | lawyers | liable | in court
take them to court | your legal rights | small claims | legally entitled | legally binding
medical advice | diagnosis | diagnose | dosage | ibuprofen | paracetamol | aspirin | antibiotics
antibiotic | prescription | milligrams | painkillers | see a doctor | blood pressure | medication
invest | investing | investment | investments | bitcoin | crypto | cryptocurrency | stock market
buy shares | mortgage | mortgages | interest rates | pension | tax advice | financial advice
prime minister | election | elections | vote for | conservatives | labour party | tories | brexit
president | politics | political | politician | politicians | democrats | republicans | parliament
lib dems | religion | religious | competitor | competitors | other companies | another company
british gas | checkatrade | homeserve | rated people | amazon | tesco | joke for you | knock knock
poem | once upon a time | homework | recipe | football | weather forecast | capital of | horoscope
bomb | explosives | hack | hacking | password | passwords | credit card | card number | sort code
bank account | pin number | national insurance | other caller | other callers | another caller
other customers | another customer | previous caller | home address is | lottery | bet on
""",
    Kind.SCOPE,
)
_SELF = (
    """
system prompt | my prompt | the prompt | my instructions | my rules | my guidelines | my programming
initial instructions | original instructions | previous instructions | earlier instructions
instructions say | instructions are | instructions i | instructions were | i was told to
i was instructed | i've been instructed | i have been instructed | as an ai | as a language model
ai language model | language model | large language | openai | chatgpt | gpt | llama | groq
anthropic | developer mode | debug mode | admin mode | maintenance mode | jailbreak | jailbroken
dan mode | i am dan | i'm dan | unrestricted | no restrictions | pretend | pretending | role play
roleplay | in character | arr | matey | ahoy | i am a pirate | i'm a pirate | i am now a | i'm now a
api key | api keys | tool call | function call | json | sql | override | overridden | overriding
human being | i'm a real person | i am a real person | i'm human | i am human | i'm a human
i am a human
i'm not a robot | i am not a robot | real human being | i obey | i must obey | as you command
my configuration | my settings | hidden rules | secret rules | confidential instructions
""",
    Kind.SELF,
)
FOREIGN = frozenset(
    "el los las una por para con que está esta cuesta precio libra libras usted hola "
    "und ist der das ein eine nicht für preis kostet sie ich pfund le les une et est pour avec "
    "coûte bonjour vous il di che costo prezzo sono gratuito jest cena nie dla bezpłatnie funt "
    "zł een het niet voor preço você é não custa agora ciao gracias merci danke bitte das "
    "dein mein wir mit nichts kein keine zu rien ne payez payer oui que qui mais nada "
    "tiene pagar todo pero nic tak się proszę "
    "geen maar".split()
)


def _table(*tables: tuple[str, Kind]) -> dict[tuple[str, ...], Kind]:
    return {
        tuple(phrase.split()): kind
        for text, kind in tables
        for line in text.strip().splitlines()
        for phrase in line.split(" | ")
    }


PHRASES = _table(_PROMISES, _PRICES, _BOOKED, _SCOPE, _SELF)
# What anybody says all the time: a phrase that begins with such words is known by a later one.
COMMON = frozenset(
    "i you we it they he she the a an is are am was were be been has have had my our your for of "
    "in on at to as no not i'm i've you're we've that that's this it's all me them one buy so now "
    "see other another previous large two few couple home take will would do does".split()
)
CONDITIONS = frozenset("if once when before until after unless whether till is isn't not".split())
WILL = frozenset("we'll they'll he'll she'll will shall gonna going i'll someone'll".split())
COMING = frozenset(
    "be come arrive visit attend call ring phone fix send get deliver finish have there round "
    "repair mend reach see sort do start finish complete handle replace collect ready done bring "
    "fit pop swing".split()
)


def prefixes(words: Iterable[str]) -> frozenset[str]:
    """Return every beginning of every word."""
    return frozenset(word[:n] for word in words for n in range(1, len(word) + 1))
