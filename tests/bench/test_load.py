import os
import time
from pathlib import Path

from bench.load import PHONE, Load, Watch, telephone_first


def test_our_own_work_is_counted_as_ours(tmp_path: Path) -> None:
    watch = Watch(tmp_path)  # no sandbox there: the telephone alone
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    load = watch.load()
    assert set(load.parts) == {PHONE}
    assert load.parts[PHONE] > 5 and load.others >= 0 and load.processors == os.cpu_count()


def test_a_load_reads_as_shares_of_one_processor() -> None:
    load = Load({"media": 41.2, "asterisk": 9.6}, 3.0, 2)
    assert str(load) == "media 41, asterisk 10, other work 3; of 200"


def test_the_telephone_goes_first_only_while_it_calls() -> None:
    before = os.sched_getscheduler(0)
    with telephone_first():
        assert os.sched_getscheduler(0) in (before, os.SCHED_RR)
    assert os.sched_getscheduler(0) == before
