import io
import re
import wave

import pytest

from asterisk_conf import (
    AgiMode,
    Base,
    BundleParams,
    render,
    render_ari,
    render_http,
    render_manager,
    render_modules,
    render_queue,
)
from asterisk_conf.modules import NEEDED
from asterisk_conf.render import CONTEXTS, FREEPBX_PARENTS, SOUNDS

# The core's own; everything else must be listed as a module or be wrapped.
# ExecIf comes with TryExec, without which nothing here works.
BUILT_IN = {"Answer", "ExecIf", "Goto", "GotoIf", "Hangup", "MSet", "Set", "Wait"}


def dialplan(**choices):
    (found,) = [one for one in render(BundleParams(**choices)) if one.parent]
    assert found.base is Base.CONFIG and found.path == "voiceagent.d/extensions.conf"
    return found.content.decode()


def steps(text):
    """Return context, extension, label and application of every priority."""
    found, context, exten = [], "", ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            context = line.strip("[]")
        elif row := re.match(r"(?:exten => ([^,]+),1|same => n(?:\((\w+)\))?),(.+)", line):
            exten = row[1] or exten
            found.append((context, exten, row[2], row[3]))
    return found


def statements(text):
    """Return the lines that are not comments."""
    return [line for line in text.splitlines() if not line.startswith(";")]


def test_the_text_starts_with_a_section_of_its_own():
    first = next(line for line in statements(dialplan()) if line.strip())
    assert first == "[voiceagent-in]"


def test_the_contexts_are_the_ones_we_say_we_own():
    assert tuple(re.findall(r"^\[([^]]+)\]$", dialplan(), re.M)) == CONTEXTS


@pytest.mark.parametrize(
    ("mode", "setup", "outcome"),
    [
        (
            AgiMode.FASTAGI,
            "AGI(agi://10.0.0.7:5573/setup,${VA_CALL},${VA_BACK})",
            "AGI(agi://10.0.0.7:5573/outcome,${VA_UUID})",
        ),
        (
            AgiMode.SCRIPT,
            "AGI(setup.agi,setup,${VA_CALL},${VA_BACK})",
            "AGI(setup.agi,outcome,${VA_UUID})",
        ),
    ],
)
def test_the_gate_is_asked_in_the_way_chosen(mode, setup, outcome):
    text = dialplan(agi_mode=mode, agi_host="10.0.0.7", agi_port=5573)
    assert [step[3] for step in steps(text) if "AGI(" in step[3]] == [
        f"TryExec({setup})",
        f"TryExec({outcome})",
    ]


def test_the_queue_uses_only_the_arguments_all_versions_share():
    text = dialplan(queue="reception", queue_timeout_s=45)
    (queue,) = [step[3] for step in steps(text) if "Queue(" in step[3]]
    assert queue == "TryExec(Queue(${VA_TO},tc,,${VA_WHISPER},${VA_FOR_S}))"
    assert "Set(VA_TO=reception)" in text and "Set(VA_FOR_S=45)" in text


@pytest.mark.parametrize("routing", [True, False])
def test_the_controller_is_asked_for_a_route_only_where_it_is_wanted(routing):
    entry = [step for step in steps(dialplan(routing=routing)) if step[0] == "voiceagent-in"]
    asked = [step[3] for step in entry if "Stasis" in step[3]]
    assert asked == (
        ["TryExec(Stasis(voiceagent,${VA_DID},${CALLERID(num-pres)}))"] if routing else []
    )
    assert {exten for _, exten, _, _ in entry} >= {"_[+0-9]!", "s", "i"}
    assert ("T" in {exten for _, exten, _, _ in entry}) is routing
    # People are never further away than the controller's silence.
    (limit_s,) = re.findall(r"GUARD=route\)\n same => n,Set\(TIMEOUT.*=(\d+)\)", dialplan())
    assert int(limit_s) < 3


def test_transfers_go_where_the_admin_said():
    text = dialplan(extensions_context="internal", outside_context="from-internal", spool="/s")
    assert "exten => extension,1,Set(VA_INTO=internal)" in text
    assert "exten => outside,1,Set(VA_INTO=from-internal)" in text
    assert "Record(/s/recording/voiceagent/" in text
    assert "exten => outside,1,Set(VA_INTO=)\n" in dialplan()


def test_nobody_can_be_brought_back_to_the_agent_for_ever():
    """A graph of all jumps: every circle that leads to the agent passes the counter."""
    table = steps(dialplan())
    back = [i for i, one in enumerate(table) if "Goto(voiceagent-ai," in one[3]]
    ways = [table[i][:2] for i in back]
    assert ways == [
        ("voiceagent-in", "routed"),
        ("voiceagent-human", "back"),
        ("voiceagent-out", "s"),
    ]
    (counted,) = [i for i in back if table[i][1] == "back"]
    assert table[counted - 1][3] == "Set(VA_RETURNS=$[${VA_RETURNS} + 1])"
    assert table[counted - 2][3].startswith("GotoIf($[${VA_RETURNS} >= 0${FILTER(0-9,${VA_MOST")
    # Nothing leads back to where calls begin, and only their beginning sets the counter back.
    assert not [one for one in table if re.search(r"voiceagent-(in|out),", one[3])]
    resets = [one[:2] for one in table if "VA_RETURNS=," in one[3]]
    assert resets == [("voiceagent-in", "arrived")]


def test_nothing_that_can_be_missing_or_fail_runs_unguarded():
    for context, _, _, application in steps(dialplan()):
        if context == "voiceagent-hangup":
            continue  # the call is over already
        name = application.partition("(")[0]
        assert name in BUILT_IN | {"TryExec"}, application


def test_nothing_the_caller_chose_is_expanded_unfiltered():
    expanded = set(re.findall(r"\$\{([^{}]+|[^{}]*\$\{[^{}]*\}[^{}]*)\}", dialplan()))
    ours = {name for name in expanded if name.startswith("VA_")}
    assert expanded - ours == {
        "FILTER(+0-9,${EXTEN})",
        "TIMEOUT(absolute)",
        "FILTER(+0-9,${FROM_DID})",
        "FILTER(+0-9,${VA_DID})",
        "FILTER(+0-9,${VA_CALLEE})",
        "FILTER(0-9+*#,${VA_TARGET})",
        "FILTER(0-9,${VA_RETURNS})",
        "FILTER(0-9,${VA_MOST_RETURNS})",
        "QUEUESTATUS",
        "DIALSTATUS",
        "PLAYBACKSTATUS",
        "VMSTATUS",
        "RECORD_STATUS",
        "AMDSTATUS",
        "CALLERID(num-pres)",  # one of Asterisk's own words
        "UNIQUEID",
        "HANGUPCAUSE",
    }


@pytest.mark.parametrize("routing", [True, False])
def test_every_jump_lands_on_a_step_that_exists(routing):
    text = dialplan(routing=routing)
    table = steps(text)
    extensions = {(context, exten) for context, exten, _, _ in table}
    labels = {(context, exten, label) for context, exten, label, _ in table if label}
    elses = set(re.findall(r"Set\(VA_ELSE=(\w+)\)", text))
    assert elses == {"nobody", "s"}
    jumps = 0
    for context, exten, _, application in table:
        name, _, arguments = application.partition("(")
        if name not in ("Goto", "GotoIf"):
            continue
        jumps += 1
        target = arguments[:-1].rpartition("?")[2].split(",")
        if len(target) == 1:
            assert (context, exten, target[0]) in labels
            continue
        assert target[-1] == "1"
        place = (context, *target)[-3:-1]
        if place[1] == "${VA_DID}":
            assert place[0] == "voiceagent-ai"
        elif place[1] == "${VA_ELSE}":
            assert {("voiceagent-human", one) for one in elses} <= extensions
        else:
            assert place in extensions, application
    assert jumps > 40


def test_every_extension_ends_by_hanging_up_or_going_elsewhere():
    last = {}
    for context, exten, _, application in steps(dialplan()):
        last[context, exten] = application.partition("(")[0]
    assert set(last.values()) == {"Goto", "Hangup", "Return"}
    assert last["voiceagent-hangup", "s"] == "Return"


def test_the_wait_for_an_outcome_adds_up_to_its_limit():
    text = dialplan()
    tries = int(re.search(r"VA_ASKED\} >= (\d+)\]", text)[1])
    wait_s = float(re.search(r"Wait\(([\d.]+)\)", text)[1])
    limit_s = int(re.search(r"VA_GUARD=outcome\)\n same => n,Set\(TIMEOUT.*=(\d+)\)", text)[1])
    assert tries * wait_s == limit_s == 5


def test_every_application_and_function_has_its_module_listed():
    names = {one.name for one in NEEDED}
    text = "\n".join(statements(dialplan()))
    modules = {
        "AMD(": "app_amd",
        "Dial(": "app_dial",
        "ExecIf(": "app_exec",
        "MixMonitor(": "app_mixmonitor",
        "Record(": "app_record",
        "Stasis(": "app_stasis",
        "VoiceMail(": "app_voicemail",
        "WaitForSilence(": "app_waitforsilence",
        "AGI(": "res_agi",
        "AudioSocket(": "app_audiosocket",
        "TryExec(": "app_exec",
        "Queue(": "app_queue",
        "Playback(": "app_playback",
        "UserEvent(": "app_userevent",
        "Return(": "app_stack",
        "CALLERID(": "func_callerid",
        "CHANNEL(": "func_channel",
        "FILTER(": "func_strings",
        "TIMEOUT(": "func_timeout",
    }
    used = set(re.findall(r"\b([A-Z][A-Za-z]+\()", text)) - {
        f"{one}(" for one in BUILT_IN - {"ExecIf"}
    }
    assert used == set(modules)
    assert set(modules.values()) <= names


def test_module_lines_add_to_the_section_that_is_there():
    chosen = [one for one in NEEDED if one.name in ("app_exec", "codec_alaw")]
    rendered = render_modules(chosen)
    assert rendered.path == "voiceagent.d/modules.conf"
    assert rendered.parent == "modules.conf"
    lines = [line for line in statements(rendered.content.decode()) if line]
    assert [line.partition(";")[0].strip() for line in lines] == [
        "[modules](+)",
        "load = app_exec.so",
        "load = codec_alaw.so",
    ]


@pytest.mark.parametrize("name", SOUNDS)
def test_sentences_are_what_asterisk_plays_without_translation(name):
    (found,) = [one for one in render(BundleParams()) if one.path.endswith(f"/{name}.wav")]
    assert (found.base, found.path) == (Base.DATA, f"sounds/voiceagent/{name}.wav")
    with wave.open(io.BytesIO(found.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert 2 < sound.getnframes() / 8000 < 12
        loudest = max(abs(s) for s in memoryview(sound.readframes(80_000)).cast("h"))
    assert 10_000 < loudest < 32_767  # speech, and not clipped
    assert f"Playback(voiceagent/{name})" in dialplan()


def test_our_ami_user_may_steer_calls_and_nothing_else():
    rendered = render_manager(BundleParams(ami_secret="s" * 40))
    assert (rendered.path, rendered.parent) == ("voiceagent.d/manager.conf", "manager.conf")
    assert [
        line for line in rendered.content.decode().splitlines() if line[:1] not in ("", ";")
    ] == [
        "[voiceagent]",
        "secret = " + "s" * 40,
        "deny = 0.0.0.0/0.0.0.0",
        "deny = ::/0",
        "permit = 127.0.0.1/255.255.255.255",
        "read = call,agent,user",
        "write = call,originate",
        "writetimeout = 1000",
    ]


def test_our_ari_user_has_its_password():
    rendered = render_ari(BundleParams(ari_password="p" * 40))
    assert (rendered.path, rendered.parent) == ("voiceagent.d/ari.conf", "ari.conf")
    text = rendered.content.decode()
    assert "\n[voiceagent]\ntype = user\n" in text and f"password = {'p' * 40}\n" in text


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("10.1.2.3", "10.1.2.3/255.255.255.255"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("::1", "::1/128"),
    ],
)
def test_our_ami_user_comes_from_the_agents_address_and_no_other(address, permitted):
    text = render_manager(BundleParams(ami_secret="s" * 40, agent_address=address)).content
    rules = [line for line in text.decode().splitlines() if line.startswith(("deny", "permit"))]
    assert rules == ["deny = 0.0.0.0/0.0.0.0", "deny = ::/0", f"permit = {permitted}"]


@pytest.mark.parametrize(("adds", "header"), [(True, "[general](+)"), (False, "[general]")])
def test_ami_is_switched_on_ahead_of_our_user(adds, header):
    params = BundleParams(ami_secret="s" * 40)
    on = {"enabled": "yes", "bindaddr": "127.0.0.1"}
    lines = statements(render_manager(params, on, adds=adds).content.decode())
    plain = statements(render_manager(params).content.decode())
    said = [one for one in lines if one]
    assert said[:4] == [header, "enabled = yes", "bindaddr = 127.0.0.1", "[voiceagent]"]
    assert said[3:] == [one for one in plain if one]


def test_the_http_server_is_switched_on_by_what_its_file_does_not_say():
    adds = render_http(BundleParams(), {"enabled": "yes"}, adds=True)
    assert (adds.path, adds.parent) == ("voiceagent.d/http.conf", "http.conf")
    assert [one for one in statements(adds.content.decode()) if one] == [
        "[general](+)",
        "enabled = yes",
    ]
    alone = render_http(BundleParams(), {"enabled": "yes", "bindaddr": "127.0.0.1"}, adds=False)
    assert [one for one in statements(alone.content.decode()) if one] == [
        "[general]",
        "enabled = yes",
        "bindaddr = 127.0.0.1",
    ]


def test_the_queue_asked_for_has_its_members():
    params = BundleParams(queue="reception", queue_stub=("PJSIP/100", "Local/7@from-queue/n"))
    rendered = render_queue(params)
    assert (rendered.path, rendered.parent) == ("voiceagent.d/queues.conf", "queues.conf")
    lines = statements(rendered.content.decode())
    assert lines[1] == "[reception]"
    assert lines[-2:] == ["member => PJSIP/100", "member => Local/7@from-queue/n"]


def test_on_freepbx_all_goes_into_its_files_for_custom_lines():
    params = BundleParams(freepbx=True, ami_secret="s" * 40, ari_password="p" * 40)
    files = [
        *(one for one in render(params) if one.parent),
        render_manager(params),
        render_ari(params),
        render_http(params, {}, adds=True),
        render_queue(params),
    ]
    assert [one.parent for one in files] == list(FREEPBX_PARENTS.values())
    assert all(one.parent.endswith("_custom.conf") for one in files)


def test_freepbx_queues_are_entered_its_own_way_and_lead_back_to_us():
    plain, freepbx = (dialplan(freepbx=choice) for choice in (False, True))
    assert "ext-queues" not in plain and "VQ_" not in plain
    table = [one for one in steps(freepbx) if one[:2] == ("voiceagent-human", "s")]
    by_label = {label: (i, application) for i, (_, _, label, application) in enumerate(table)}
    place, queue = next((i, one[3]) for i, one in enumerate(table) if "Queue(" in one[3])
    ask = "${DIALPLAN_EXISTS(ext-queues,${VA_TO},1)}"
    assert table[place - 1][3] == f'GotoIf($["{ask}" = "1"]?freepbx)'
    assert queue == "TryExec(Queue(${VA_TO},tc,,${VA_WHISPER},${VA_FOR_S}))"
    # Wherever the call was queued, what came of it is read at the same place.
    assert by_label["queued"][0] == place + 1
    at = by_label["freepbx"][0]
    assert "VQ_MAXWAIT=${VA_FOR_S},VQ_AANNOUNCE=${VA_WHISPER},VQ_OPTIONS=tc" in table[at][3]
    assert table[at + 1][3] == "Set(VQ_DEST=voiceagent-human^s^queued)"
    assert table[at + 2][3] == "Goto(ext-queues,${VA_TO},1)"
    assert table[at - 1][3].startswith("Hangup(")  # nobody falls into it


@pytest.mark.parametrize("routing", [True, False])
def test_a_custom_destination_finds_the_number_in_from_did(routing):
    entry = [one for one in steps(dialplan(routing=routing)) if one[0] == "voiceagent-in"]
    at_s = [one[3] for one in entry if one[1] == "s"]
    assert at_s == ["Set(VA_DID=${FILTER(+0-9,${FROM_DID})})", "Goto(arrived,1)"]
