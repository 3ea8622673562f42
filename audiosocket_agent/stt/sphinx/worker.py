"""One recogniser in a process of its own: ``python -m audiosocket_agent.stt.sphinx.worker``.

pocketsphinx holds the interpreter's lock for as long as it decodes, so it cannot share a process
with calls. Requests come in on stdin, replies leave on stdout (see `wire`). The process ends when
stdin ends, and the kernel kills it when its parent dies in any way: it never outlives the agent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import BinaryIO

from audiosocket_agent.stt.sphinx.decoder import Decoder
from audiosocket_agent.stt.sphinx.wire import (
    PREFIX,
    Reply,
    Request,
    decode_request,
    encode_reply,
    lengths,
)

PR_SET_PDEATHSIG = 1  # linux/prctl.h
NICENESS = 5  # a decoder is patient; a frame that leaves late is heard


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; end now if it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the source ends."""
    decoder = Decoder()
    _send(sink, Reply(0))
    while (request := _receive(source)) is not None:
        text, confidence = decoder.recognise(request.pcm, request.phrases)
        _send(sink, Reply(request.number, text, confidence))


def _receive(source: BinaryIO) -> Request | None:
    prefix = source.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    json_bytes, pcm_bytes = lengths(prefix)
    head, pcm = source.read(json_bytes), source.read(pcm_bytes)
    if len(head) < json_bytes or len(pcm) < pcm_bytes:
        return None
    return decode_request(head, pcm)


def _send(sink: BinaryIO, reply: Reply) -> None:
    sink.write(encode_reply(reply))
    sink.flush()


def main() -> None:
    """Run as a worker of the process whose number is the only argument."""
    die_with_parent(int(sys.argv[1]))
    # Ctrl-C reaches the whole group: the agent decides how to stop, this process follows it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but replies may reach the pipe, whatever a library prints
    try:
        serve(sys.stdin.buffer, replies)
    except BrokenPipeError:
        os._exit(0)  # the agent is gone; there is nobody to tell, nor anything to flush to


if __name__ == "__main__":
    main()
