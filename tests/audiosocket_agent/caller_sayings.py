"""What callers of trades companies say: whole turns, and turns broken off in a pause.

Each line is ``kind: words``; the kind is the question that was open. `BROKEN_OFF` are the words up
to a pause of the same sort of turns. `OPEN_ENDED` are broken off as well, but where the words so
far are a whole sentence: nobody could tell from the words.
"""

from audiosocket_agent.seams import Expectation, Expects

PHRASES = {
    Expects.YES_NO: ("yes", "yes please", "yeah", "that's right", "no", "no thanks"),
    Expects.CHOICE: (
        "blocked drain", "my drain is blocked", "blocked sink", "leaking tap", "a tap is leaking",
        "my tap is leaking", "dripping tap", "boiler service", "boiler", "morning",
        "in the morning", "afternoon", "in the afternoon",
    ),
    Expects.POSTCODE: ("truro", "falmouth", "redruth"),
    Expects.DATE: ("monday", "on monday", "tuesday", "on tuesday", "wednesday", "on wednesday",
                   "thursday", "on thursday", "friday", "on friday", "tomorrow"),
}  # fmt: skip
PERSON = ("a person please", "speak to a person", "talk to a person", "operator")


def asked(kind):
    """Return the expectation of a question of a kind, as the dialogue would give it."""
    return Expectation(kind, (*PHRASES.get(kind, ()), *PERSON))


def _lines(block):
    for line in filter(None, map(str.strip, block.splitlines())):
        kind, _, words = line.partition(": ")
        yield Expects(kind), words


WHOLE = list(_lines("""
    free: Hi, I've got a leak under the kitchen sink.
    free: my boiler isn't working
    free: Hello, I need a plumber please.
    free: Can I speak to someone?
    free: can I speak to a person please
    free: I'd like to book a boiler service.
    free: How much is it?
    free: how much do you charge
    free: how much would that be
    free: What time are you on?
    free: what time do you open
    free: Do you cover Falmouth?
    free: do you work weekends
    free: Are you open on Saturdays?
    free: The drain outside is blocked again.
    free: it's an emergency
    free: There's water coming through the ceiling.
    free: there's no hot water
    free: I've got no heating
    free: the toilet won't flush
    free: the tap won't turn off
    free: it keeps cutting out
    free: it started this morning
    free: since yesterday
    free: I'd like that.
    free: is that it
    free: that's it
    free: that's what I need
    free: that's where it is
    free: all of it
    free: no you can't
    free: can I come over
    free: Come in.
    free: yes I do
    free: yes it is
    free: I think so
    free: I don't think so
    free: I think it is
    free: I don't know
    free: I'm not sure
    free: no idea
    free: maybe
    free: not really
    free: not at the moment
    free: no
    free: yes
    free: okay
    free: thanks very much
    free: that's great thank you
    free: thank you bye
    free: bye bye
    free: goodbye
    free: hello
    free: sorry
    free: sorry what was that
    free: could you say that again
    free: can you repeat that please
    free: I didn't catch that
    free: what do you mean
    free: pardon
    free: I want to cancel my appointment
    free: I need to change my booking
    free: Can you come on Tuesday?
    free: when can you come
    free: how soon can you get here
    free: someone will be in
    free: I'm in all day
    free: I'll be at home after three
    free: I work until five
    free: any time after lunch
    free: I can do mornings only
    free: mornings are best
    free: whenever suits you
    free: whenever you like
    free: as soon as you can
    free: as soon as possible
    free: if you can
    free: if you don't mind
    free: it's next to the church
    free: the white door on the left
    free: ring the bell when you get here
    free: the code is four two one nine
    free: it's a Worcester combi
    free: it's about ten years old
    free: about two hundred
    free: around three hundred pounds
    free: that's too expensive
    free: is that including VAT
    free: do you charge a call out fee
    free: do you give free quotes
    free: I'd like a quote for a new bathroom
    free: someone was supposed to come yesterday
    free: nobody turned up
    free: I've been waiting for two weeks
    free: I want to make a complaint
    free: your engineer left a mess
    free: he never came back
    free: it's still leaking
    free: I've turned it off
    free: I can't turn it off
    free: I've turned the water off at the mains
    free: I don't know where the stopcock is
    free: I don't know what it is
    free: it's under the stairs
    free: the pressure is too low
    free: the radiators are cold
    free: it smells of gas
    free: I can smell gas
    free: the light is on
    free: the pilot light keeps going out
    free: it won't come on
    free: the heating won't come on
    free: the water is coming in
    free: I'm calling about my invoice
    free: who am I speaking to
    free: is this Harbour Home Services
    free: am I talking to a robot
    free: are you a real person
    free: just the one
    free: both of them
    free: the first one
    free: neither
    free: the kitchen one
    free: in the bathroom
    free: upstairs
    free: it's a rented house
    free: I'm the landlord
    free: it's for my mother
    free: My number is 01632 960123.
    free: my number is oh one six three two nine six oh one two three
    free: call me on 07700 900123
    free: my postcode is TR1 1AA
    free: my postcode is t r one one a a
    free: it's 12 Acacia Avenue
    free: my email is john at gmail dot com
    free: tomorrow morning if possible
    free: the third of November
    free: between nine and ten
    free: after five o'clock
    free: half past ten
    free: at ten
    free: that would be lovely
    free: I'd love to
    free: no I don't want to
    free: as well
    free: I need a new tap as well
    free: how are you
    free: who is it
    free: what is that
    free: where are you based
    free: where are you calling from
    free: what's that for
    free: what is it about
    free: no that's all
    free: that's everything
    free: nothing else
    free: never mind
    free: forget it
    free: put me through please
    free: I'd rather talk to a human
    free: it's broken
    free: it's urgent
    free: it isn't urgent though
    free: I live in a flat
    free: I've moved in
    free: let me know
    free: I'll let you know
    free: what can you do
    free: what should I do
    free: is there anything you can do
    free: that'll do
    free: how long will it be
    free: how long does it take
    free: will it take long
    yes_no: yes
    yes_no: Yes please.
    yes_no: no
    yes_no: No thanks.
    yes_no: yeah that's fine
    yes_no: well yes
    yes_no: yep
    yes_no: no it isn't
    yes_no: no that's all thank you
    yes_no: yes that's right
    yes_no: that's correct
    yes_no: sure
    yes_no: yes I do
    yes_no: no I don't
    yes_no: no I can't
    yes_no: I suppose so
    yes_no: not really
    yes_no: of course
    yes_no: go ahead
    yes_no: um yes
    yes_no: I don't think so
    yes_no: no it's Thursday
    yes_no: yes in the kitchen
    yes_no: how much is it
    yes_no: could be
    yes_no: I'm not sure
    choice: blocked drain
    choice: it's the boiler
    choice: a leaking tap
    choice: boiler service please
    choice: my tap is leaking
    choice: in the morning
    choice: morning please
    choice: the afternoon
    choice: either
    choice: I don't mind
    choice: the second one
    choice: my toilet is blocked
    digits: 01632 960123
    digits: 07700900123
    digits: oh double seven double oh nine double oh one two three
    digits: 0 7 7 0 0 9 0 0 1 2 3
    digits: it's oh one six three two, nine six oh, one two three
    digits: +447700900123
    digits: plus four four double seven double oh nine hundred one two three
    digits: 020 7946 0123.
    digits: 0800 123 4567
    digits: 960123
    digits: the one I'm calling from
    digits: it's the same number
    digits: I haven't got one
    digits: oh one six no sorry oh one six three two nine six oh one two three
    digits: can you use this number
    digits: why do you need it
    postcode: Truro
    postcode: I'm in Truro
    postcode: it's Falmouth
    postcode: TR1 1AA
    postcode: tr11aa
    postcode: T R one one A A
    postcode: it's T R 1 1 double A
    postcode: tango romeo eleven four bravo tango
    postcode: S W one A one A A
    postcode: M one one A E
    postcode: em one one a e please
    postcode: I don't know it
    postcode: Penzance
    postcode: near Redruth
    date: on Tuesday
    date: Tuesday
    date: tomorrow
    date: tomorrow morning
    date: next Wednesday
    date: Friday afternoon please
    date: the third of November
    date: November the third
    date: any day
    date: as soon as possible
    date: whenever
    date: Monday or Tuesday
    date: not Friday
    date: any time next week
    date: I can't do Tuesdays
    date: Thursday after two
    date: when are you free
    name: John
    name: John Smith
    name: my name is Jane Smith
    name: it's Mrs Pascoe
    name: S M I T H
    name: it's Smith S M I T H
    name: Jane
    name: why do you need my name
    name: Dave from Acme Lettings
    free: Yeah, hi, I'm ringing because my kitchen sink's blocked.
    free: hi there my shower's packed up and I've got guests coming on Friday
    free: We've had a burst pipe and there's water everywhere.
    free: I just wanted to check what time the engineer's coming
    free: he was meant to be here at eight
    free: could you tell me how much a boiler service costs please
    free: Is there a call out charge?
    free: what's the earliest you can do
    free: do you do gutters
    free: have you got anything sooner
    free: that's a bit late
    free: have you got anything in the afternoon
    free: Is Friday any good?
    free: No, that doesn't work for me.
    free: I'm at work till six
    free: my neighbour can let you in
    free: there's a key under the mat
    free: park on the drive
    free: it's the last house on the right
    free: it's opposite the pub
    free: it's been dripping all night
    free: it's making a banging noise
    free: I think the pump's gone
    free: it was fitted last year
    free: you fitted it
    free: it's under warranty
    free: the error code is F twenty two
    free: it says E one one nine
    free: no it isn't
    free: I've tried that
    free: I already did
    free: nothing happened
    free: it didn't help
    free: what would you recommend
    free: that sounds good
    free: go for it
    free: yes book it in
    free: can you text me the details
    free: will I get a text
    free: do I need to be there
    free: do I need to do anything
    free: how do I turn it off
    free: where is the stopcock
    free: can I pay by card
    free: do you take cash
    free: I've lost my invoice
    free: you've charged me twice
    free: I'm not happy with the work
    free: who do I complain to
    free: I want my money back
    free: can you put me through to accounts
    free: is Dave there
    free: can Dave call me back
    free: ask him to ring me
    free: I was cut off
    free: I can hardly hear you
    free: you're breaking up
    free: Are you still there?
    free: what did you say
    free: I said Tuesday
    free: that's not what I said
    free: you've got it wrong
    free: it's spelt with a K
    free: that's wrong
    free: no the other one
    free: start again
    free: cancel that
    free: I'll call back later
    free: I'll think about it
    free: let me speak to my husband
    free: I'll ring you back
    free: cheers bye
    free: ta
    free: brilliant
    free: okay that's fine thank you very much
    free: lovely thank you
    free: it's for a tenant
    free: the tenant's name is Mark
    free: number twelve
    free: flat three
    free: two bedrooms
    free: it's a three bed semi
    free: gas
    free: it's electric
    free: a combi
    free: about five years
    free: twice
    free: every morning
    free: only when it rains
    free: all the time
    free: since Monday
    free: not that I know of
    free: as far as I know
    free: I'd say so
    free: I doubt it
    free: you tell me
    free: fine
    free: I see
    free: right okay
    free: what's your name
    free: what's this about
    free: where do I find it
    free: can you send me an email
    free: I need it done by Friday
    free: it can wait
    free: there's no rush
    free: the sooner the better
    free: I've got it written down somewhere
    free: I've had enough
    free: that's the one
    free: I can't remember
    free: I forgot
    free: and a new tap
    free: and the kitchen tap too
    free: but not on a Sunday
    free: because I'm at work
    yes_no: yes it does
    yes_no: no we haven't
    yes_no: yeah go on then
    yes_no: Yep, that works.
    yes_no: no not today thanks
    yes_no: I think we do
    yes_no: er no
    yes_no: definitely
    yes_no: I'm afraid not
    yes_no: yes if you could
    yes_no: no but I can get one
    yes_no: yes there is
    yes_no: I am yes
    yes_no: not that I can see
    yes_no: what do you mean
    choice: the tap's dripping
    choice: Boiler.
    choice: the drain I think
    choice: afternoon would be better
    choice: neither of those
    choice: what was the second one
    digits: Zero one eight seven two, five five five, one two three.
    digits: oh one eight seven two triple five one two three
    digits: it's 07911 123456
    digits: 07911 123 456 thanks
    digits: my number's 07911123456
    digits: yeah it's oh seven nine double one, one two three four five six
    digits: 0044 7911 123456
    digits: don't you have it on your screen
    digits: I'd rather not say
    digits: can I give you my email instead
    digits: just use this one
    digits: twenty four eighteen thirty six
    postcode: PL4 8AA.
    postcode: p l four eight a a
    postcode: It's PL 4 8AA, thanks.
    postcode: EC1A 1BB
    postcode: e c one a one b b
    postcode: that's golf uniform sixteen seven hotel foxtrot
    postcode: my postcode's TR15 2ND
    postcode: Saint Ives
    postcode: I'm not sure
    postcode: it's a new build I don't know the postcode
    postcode: why
    date: Saturday if you can
    date: first thing Monday
    date: the twenty first
    date: on the 5th
    date: 5th of December
    date: a week on Tuesday
    date: the week after next
    date: any morning next week
    date: I'm free all week
    date: what have you got
    date: tomorrow at ten
    date: today
    date: this afternoon
    date: not this week
    name: Sarah Trelawney
    name: yeah it's Mohammed
    name: Mark with a K
    name: Ms Jones
    name: it's Patel P A T E L
    name: my first name is Anne
    name: this is Peter speaking
    free: my washing machine won't drain
    free: the downstairs loo's overflowing
    free: water's pouring out of the cistern
    free: I rang yesterday and nobody called me back
    free: I've got an appointment tomorrow and I need to move it
    free: could I move it to Thursday instead
    free: what day would that be
    free: do you have anything earlier than that
    free: that's no good I'm afraid
    free: I'm only free in the evenings
    free: would Wednesday suit you
    free: sorry I meant Wednesday
    free: how long will he be
    free: will he have to turn the water off
    free: will I need to pay up front
    free: does that include parts
    free: what does that include
    free: is VAT on top
    free: roughly how much are we talking
    free: can you give me a ballpark
    free: that seems a lot
    free: the other company quoted me eighty
    free: I'd need to ask my wife
    free: I'm the tenant not the owner
    free: you'd have to speak to the agent
    free: can you invoice my landlord
    free: it's been going on for weeks
    free: it comes and goes
    free: it's getting worse
    free: it's only a small leak
    free: it's coming from the flat above
    free: I've put a bucket under it
    free: I switched the electrics off
    free: the fuse keeps tripping
    free: I've got no water at all
    free: the whole street's off
    free: is it safe to use
    free: should I call the gas board
    free: can you hold on a minute please my doorbell's going
    free: okay I'm back
    free: go on
    free: carry on
    free: yes go ahead
    free: sorry to bother you
    free: thanks for your help
    free: you've been very helpful
    free: have a nice day
    free: see you Thursday
    free: speak soon
    free: I didn't say that
    free: no I said Falmouth not Truro
    free: it's F for Freddie
    free: can you spell that
    free: which one
    free: what are my options
    free: what else do you do
    free: do you do it yourselves
    free: who will be coming
    free: is he qualified
    free: are you gas safe registered
    free: I found you online
    free: a friend recommended you
    free: I've used you before
    free: I'm an existing customer
    free: my account number is 4471
    free: it's in my husband's name
    free: it's Trelawney with a Y
    free: the blue one
    free: behind the bath
    free: round the back
    free: through the side gate
    free: mind the dog
    free: there's no parking outside
    free: you can't miss it
    free: twenty two
    free: 22 Church Lane
    free: the Old Rectory
    free: three o'clock
    free: around lunchtime
    free: before ten if possible
    free: not before nine
    free: anything after four
    free: I finish at half past five
    free: it doesn't matter
    free: I'm easy
    free: up to you
    free: whatever's easiest
    yes_no: yeah please
    yes_no: that's perfect thanks
    yes_no: no worries
    yes_no: yes I think so
    yes_no: no I'd rather not
    yes_no: yes all good
    yes_no: that's not right
    yes_no: no the postcode's wrong
    yes_no: I did yes
    yes_no: uh-huh
    choice: it's a blocked drain
    choice: the first
    choice: oh the tap please
    choice: afternoon's better for me
    digits: oh two oh seven nine four six oh nine five eight
    digits: 01872 264 100
    digits: it's 0 1 8 7 2, 2 6 4, 1 0 0
    digits: sure it's plus four four seven nine one one one two three four five six
    digits: no it's the one on your screen
    postcode: t r two six u z
    postcode: TR2 6UZ it's out in the sticks
    postcode: it's near Saint Austell
    postcode: T for tango R for romeo two six U Z
    postcode: b s one four d j
    date: not tomorrow the day after
    date: Wednesday the fourth
    date: any day but Monday
    date: the sooner the better
    date: in two weeks
    date: Monday's fine
    name: Bob
    name: it's Bob Jenkins
    name: Jenkins
    name: doctor Singh
    name: you've already got it
    free: Falmouth I think
    postcode: Falmouth I think
    yes_no: no please don't
    free: the price you gave me
    free: could somebody pop round today
    free: the extractor fan's stopped working
    free: there's a damp patch on the wall
    free: I think it's the ballcock
    free: it's the one nearest the window
    free: my mum's sink is blocked
    free: she's eighty two so it's quite urgent
    free: how quickly could someone be here
    free: what are your opening hours
    free: do you do Sundays
    free: I'd prefer a morning
    free: that's sooner than I thought
    free: what's the damage
    free: that's cheaper than I expected
    free: can I have it in writing
    free: who was that
    free: the lady I spoke to said it was free
    free: I was told it would be free
    free: it wasn't
    free: I've paid already
    free: I'm still waiting
    free: it's not good enough
    free: can I have your name
    free: are you a machine
    free: get me a human
    free: I want to talk to a manager
    free: no you misunderstood
    free: let's leave it
    free: on second thoughts cancel it
    free: I'll have to check with my boss
    free: it's a business address
    free: we're a cafe
    free: the shop's on the corner
    free: next to the post office
    free: it's gated you need a code
    free: the code's one nine six six
    free: press the buzzer marked four
    free: the tap's fine now
    free: don't bother
    free: that's kind of you
    yes_no: yep go for it
    yes_no: no I need to think about it
    yes_no: I would yes
    yes_no: er I think so yes
    yes_no: no we don't need that
    choice: definitely the boiler
    digits: oh seven five double four, three two one, nine eight seven
    digits: my mobile 07544 321987
    digits: you've got my number already
    postcode: t r one three q q I believe
    postcode: it's Falmouth way
    date: early next week
    date: the ninth
    date: how about Thursday
    date: Tuesday's no good
    name: O'Brien
    name: Mrs Eileen Trembath
    name: it's Ed
"""))  # fmt: skip

BROKEN_OFF = list(_lines("""
    free: Hi, I've got a
    free: I've got a leak under the
    free: I've got a leak and
    free: I need
    free: I want
    free: I want to
    free: I'd like to
    free: I would like
    free: I would like to
    free: can you
    free: could you please
    free: can I
    free: is it
    free: it's
    free: it's, um
    free: it's a
    free: well
    free: so
    free: um
    free: I was wondering
    free: I was wondering if
    free: because
    free: and
    free: and then
    free: the boiler in the
    free: it's on
    free: it's at
    free: I live at
    free: I live in
    free: my postcode is
    free: my postcode is T R
    free: my postcode is TR1
    free: my postcode is TR1 1
    free: my postcode is t r one one a
    free: my number is
    free: my number is oh
    free: My number is 01632.
    free: my number is oh one six three two
    free: my number is oh one six three two nine six
    free: call me on oh double seven
    free: you can reach me on 07700
    free: my address is
    free: it's number
    free: flat
    free: it's flat
    free: my name is
    free: my name's
    free: the problem is
    free: the problem is that
    free: the thing is
    free: there's
    free: there is
    free: there's a
    free: there's no
    free: I'm calling
    free: I'm calling about
    free: I'm calling about the
    free: I'm ringing because
    free: I'm looking for
    free: I'm looking for a
    free: how much is
    free: how much is the
    free: how much would it
    free: how soon can you
    free: what time do you
    free: do you
    free: do you have
    free: have you got
    free: are you
    free: will you
    free: is there
    free: are there any times on
    free: when is the
    free: what is the
    free: where do you
    free: does it
    free: would it be
    free: it should be
    free: I think
    free: I think it's
    free: I think that
    free: I don't know if
    free: I'm not sure if
    free: I'm not sure whether
    free: I'd prefer
    free: maybe on
    free: let me think
    free: let me see
    free: hang on
    free: hold on a second
    free: just a second
    free: it's like
    free: it's um you know
    free: it's been
    free: it's just
    free: it's probably
    free: it was
    free: he said he would
    free: someone was supposed to
    free: I've been waiting for
    free: I've been
    free: I have
    free: I had
    free: I've just
    free: we've got
    free: we need to get the
    free: my
    free: the
    free: at
    free: with
    free: from
    free: it's next to the
    free: it's opposite the
    free: the water is
    free: the water isn't
    free: the boiler doesn't
    free: the tap in the bathroom is
    free: when I turn the tap it
    free: every time I
    free: if you
    free: if it
    free: until
    free: half past
    free: quarter to
    free: between nine
    free: between nine and
    free: the third of
    free: I'm free on
    free: I'm available from
    free: I can do
    free: can we do it on
    free: I need it on
    free: about
    free: it costs about
    free: more than
    free: as soon as
    free: I need someone to
    free: can somebody
    free: please can you
    free: hello can you
    free: hello I'm
    free: hi there
    free: good morning
    free: yes hi
    free: yes but
    free: okay so
    free: okay but
    free: no because
    free: and the
    free: it's not
    free: I'm not
    free: I can't
    free: we don't
    free: it's very
    free: it's a very
    free: it's a new
    free: the hot
    free: a leaking
    free: I need a new
    free: to fix
    free: can you fix
    free: I'd like to book
    free: I'd like to book a
    free: I'd like to arrange
    free: my email is
    free: my email is john at
    free: my email is john at gmail dot
    free: john at gmail
    free: I spoke to
    free: is that
    free: is this
    free: can I speak to
    free: could I speak to the
    free: I've already
    free: it's leaking,
    free: I need a plumber and, um
    yes_no: yes but
    yes_no: yes and
    yes_no: no because
    yes_no: yeah but it's
    yes_no: well
    yes_no: um
    yes_no: yes if
    yes_no: no I'd
    yes_no: no it's
    yes_no: yes it's in the
    yes_no: not on
    yes_no: yes, er
    choice: it's the
    choice: it's a
    choice: I've got a blocked
    choice: a leaking
    choice: in the
    choice: my
    choice: the, um
    digits: oh
    digits: it's oh
    digits: oh one six three two
    digits: 01632
    digits: 01632 960
    digits: 01632 9601
    digits: oh seven seven double oh
    digits: oh seven seven double
    digits: 0 7 7
    digits: 07700 900
    digits: 07700 900 12
    digits: +44
    digits: +44 7700
    digits: plus four four seven seven
    digits: my number is
    digits: it's
    digits: yes it's
    digits: oh one six no sorry
    digits: oh one six no sorry oh one
    digits: yes my mobile number is oh seven
    digits: five five
    digits: oh one six three two, um
    digits: oh eight hundred
    digits: three
    postcode: T
    postcode: T R
    postcode: TR1
    postcode: t r one
    postcode: t r one one
    postcode: TR1 1
    postcode: TR1 1A
    postcode: S W one A
    postcode: M one
    postcode: it's
    postcode: it's T R
    postcode: my postcode is
    postcode: tango romeo
    postcode: tango romeo one one alpha
    postcode: bee tee
    postcode: tr one, er
    postcode: TR1 1 double
    postcode: I'm in
    postcode: near
    date: on
    date: next
    date: Tuesday the
    date: the
    date: the third of
    date: any day after
    date: on the
    date: I can't do
    date: between Monday
    date: between Monday and
    date: Monday or
    date: how about
    date: would it be
    date: this
    date: Thursday at
    date: Thursday after
    date: Friday but
    name: my name is
    name: it's
    name: Mr
    name: it's Mrs
    name: the name's
    name: S
    name: my surname is
    name: it's spelt
    name: John and
    name: Jane with a
    free: Yeah, hi, I'm ringing because
    free: hi there my shower's
    free: We've had a
    free: I just wanted to
    free: I just wanted to check what time the
    free: he was meant to be
    free: could you tell me how
    free: could you tell me how much a
    free: Is there a
    free: what's the
    free: have you got anything in the
    free: is Friday at
    free: I'm at
    free: I'm at work until
    free: there's a key under
    free: it's the last
    free: it's the last house on
    free: it's opposite
    free: it's been
    free: it's making a
    free: I think the
    free: it was fitted by
    free: the error code is
    free: it says
    free: I've tried
    free: what would you
    free: can you text me the
    free: will I
    free: do I need to
    free: how do I
    free: where is
    free: where is the
    free: can I pay with
    free: I've lost my
    free: you've charged me for
    free: I'm not happy with
    free: I want my
    free: can you put me through to
    free: is
    free: ask him to
    free: it's spelt with a
    free: no the
    free: no it was
    free: I'll be
    free: we're
    free: we have
    free: it's for
    free: the tenant's name is
    free: it's a three
    free: about
    free: only when it
    free: only when
    free: since
    free: not that I
    free: as far as
    free: the reason I'm calling is
    free: the reason I'm calling is that
    free: yeah um
    free: right so
    free: right well
    free: I was hoping to
    free: I was hoping you could
    free: would you be able to
    free: is there any chance you could
    free: is there any chance of
    free: do you know if
    free: do you know how much
    free: what I need is
    free: what happened was
    free: yesterday I
    free: this morning the
    free: my wife said that the
    free: the people next door have
    free: we moved in and the
    free: the landlord has
    free: there's something wrong with
    free: there's something wrong with the
    free: can you send someone to
    free: can you send someone round to look at
    free: somebody needs to
    free: it's somewhere between
    free: anything after
    free: anytime before
    free: I could do
    free: we could do it at
    free: my mobile is oh seven nine
    free: it's 07911
    free: ring me on
    free: my postcode's P L
    free: it's P L four, my postcode is P L
    free: um it's
    free: okay and
    free: okay and what about the
    free: yes please could you
    free: one more thing, do you
    free: it's an old
    free: it's got a
    free: it needs
    free: it needs a new
    free: would you mind
    free: I can smell
    free: it looks like
    free: it sounds like a
    free: it's leaking from the
    free: it's leaking from under
    free: the one in the
    free: not the
    free: could it be
    free: so the
    free: I'm sort of
    free: it's kind of
    free: I just need someone who
    free: does the
    free: are the
    free: did you
    free: should I
    yes_no: yes it's
    yes_no: yes I
    yes_no: no but
    yes_no: no the
    yes_no: yes as long as
    yes_no: well, um
    yes_no: no not
    yes_no: yes except
    yes_no: it depends on
    choice: well it's
    choice: the kitchen tap is
    choice: I think it's the
    choice: it's my
    digits: zero one eight
    digits: oh one eight seven two
    digits: oh one eight seven two triple
    digits: oh one eight seven two triple five
    digits: 07911
    digits: 07911 1234
    digits: 07911 12345
    digits: it's 07911, er
    digits: 0044
    digits: 0044 7911 12
    digits: yeah it's oh seven nine double
    digits: my number's
    digits: oh seven nine, no wait
    digits: let me find it
    digits: zero two zero seven nine four six
    postcode: P
    postcode: PL4
    postcode: PL4 8
    postcode: it's PL
    postcode: p l four
    postcode: p l four eight a
    postcode: e c one a
    postcode: golf uniform
    postcode: golf uniform sixteen seven
    postcode: EC1A 1
    postcode: E, C
    postcode: um P L
    postcode: the postcode is
    postcode: it's near
    date: first thing on
    date: the twenty
    date: on the 5th of
    date: a week on
    date: the week
    date: any
    date: tomorrow at
    date: Saturday if
    date: Tuesday or
    date: half past
    date: sometime between
    name: it's
    name: this is
    name: my first name is
    name: the name is
    name: Mark with
    name: it's Mr
    name: P
    free: the downstairs loo's
    free: water's pouring out of
    free: I rang yesterday and
    free: I've got an appointment tomorrow and I need to
    free: could I move it to
    free: what day would
    free: do you have anything earlier than
    free: I'm only free in
    free: would Wednesday be
    free: sorry I meant
    free: how long will
    free: will he have to
    free: will I need
    free: does that
    free: what does
    free: is VAT
    free: roughly how
    free: can you give me
    free: can you give me a
    free: I'd need to ask
    free: I'm the tenant not the
    free: you'd have to speak to
    free: can you invoice
    free: it's been going on for
    free: it's getting
    free: it's only a
    free: it's coming from the
    free: I've put a
    free: I've put a bucket under the
    free: I switched the
    free: is it safe to
    free: should I
    free: it's F for
    free: what are
    free: what are your
    free: which
    free: who will be
    free: is he
    free: are you gas
    free: I found your
    free: I've used you for
    free: I'm an
    free: it's in my
    free: behind the
    free: mind the
    free: the Old
    free: around
    free: before
    free: not before
    free: I finish at
    free: I finish at half
    free: it doesn't
    free: I'm not at
    free: there's a lot of
    free: the toilet in the upstairs bathroom is
    free: we think it might be the
    free: it might be
    free: he came last week but he
    free: I'd like someone to come and
    free: I'd like someone to come and look at
    free: and it's been
    free: and also
    free: then it
    free: it starts and then
    free: it stops when
    free: whenever I
    free: I've spoken to your
    free: last time you
    free: last time you came you
    free: my daughter's
    free: it's because of the
    free: is it possible to
    free: do you think you could
    free: I can't get the
    free: I can't seem to
    free: I don't really
    free: I don't want
    free: I don't want to pay for
    free: could you maybe
    free: we're going to
    free: we're going away on
    free: it's where the
    free: just past the
    free: turn left at
    free: the street is called
    free: the house is called
    free: it's on the corner of
    free: let me just grab my
    free: bear with me
    free: hmm
    free: yeah so basically
    free: the main thing is
    yes_no: yes that's
    yes_no: no I don't think
    yes_no: well the
    yes_no: yeah and can you
    choice: well I've got a
    choice: it's probably the
    choice: I want the
    digits: oh two oh
    digits: 01872 2
    digits: 01872, 264
    digits: it's 0 1 8 7 2
    digits: sure it's plus four four
    digits: mine's oh seven
    digits: my mobile's 07
    postcode: t r two six
    postcode: t r two six u
    postcode: T for
    postcode: T for tango
    postcode: b s
    postcode: it's b s one
    date: Wednesday the
    date: not
    date: in two
    date: any day but
    date: a week
    date: the day
    name: doctor
    name: Bob and
    name: my full name is
    name: it's B
    free: my boiler
    free: my husband
    free: I was wondering if you could
    free: my neighbour gave me
    date: could you come on
    postcode: we are just outside
    free: are you a real
    free: the last people who came were
    free: T R one
    free: yes it's T R three
    free: there's a damp patch on
    free: I think it's the
    free: it's the one nearest the
    free: she's eighty two so
    free: how quickly could
    free: how quickly could someone
    free: what are your opening
    free: do you do
    free: I'd prefer a
    free: that's sooner than
    free: can I have
    free: the lady I spoke to
    free: the lady I spoke to said
    free: I was told it
    free: I was told it would be
    free: I'm still
    free: can I have your
    free: are you
    free: I want to talk to
    free: no you
    free: on second thoughts
    free: I'll have to
    free: I'll have to check with
    free: we're a
    free: the shop's
    free: next to
    free: it's gated you need
    free: the code's
    free: press the
    free: when you get to the
    free: if you come down the
    free: the man who came was
    free: I wanted to know if you
    free: I wanted to ask whether the
    free: can I ask what
    free: my wife and
    free: the tap and the
    free: either today or
    free: it started on
    free: it only happens when the
    free: the noise is coming from
    free: it's quite
    free: we have a small
    free: I might
    free: I might be able to
    yes_no: no I need to
    yes_no: er I think
    yes_no: yes unless
    choice: definitely the
    choice: it's either the
    digits: oh seven five double four
    digits: oh seven five double four, three two one
    digits: my mobile
    digits: 07544 321
    digits: it's area code oh one three two six
    postcode: t r one three
    postcode: t r one three q
    postcode: that's T R
    postcode: TR13 8
    date: early
    date: how about
    date: the ninth of
    date: sometime in
    name: Mrs
    name: it's E
    name: spelled
"""))  # fmt: skip

OPEN_ENDED = list(_lines("""
    free: I've got a leak
    free: my boiler is making a noise
    free: it's in the kitchen
    free: I need a plumber
    free: can you come
    free: about two hundred
    free: 12 Acacia
    free: I'd like to cancel
    free: no
    free: I've got two
    free: my washing machine
    free: the other company
    free: through the side
    free: is it possible
    name: John
    date: maybe
    free: they told me that
    name: Jane
    name: S M
    digits: 960123
    free: could somebody pop
    free: my mum's sink
    free: can I have it
    free: I've paid
    free: it's not good
    free: next to the post
"""))  # fmt: skip
