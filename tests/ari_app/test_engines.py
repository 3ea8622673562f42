"""What the settings say of the language model reaches what thinks."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ari_app.engines import open_mind
from ari_app.settings import Settings


@pytest.mark.parametrize(("setting", "tokens"), [(None, 2000), (600, 600)])
def test_the_mind_is_shown_as_much_of_the_talk_as_is_set(setting, tokens):
    more = {} if setting is None else {"llm_talk_tokens": setting}

    async def main():
        async with AsyncExitStack() as stack:
            return await open_mind(Settings(llm="rules", **more), stack, {})

    mind = asyncio.run(main())
    assert mind.talk_tokens == tokens and mind.rules and mind.model is None
