"""`voiceagent-install`: puts our files into a PBX and takes them out again.

``voiceagent-install --root DIR --yes --queue NAME --agi-port N`` is the interface; the same from
Python is ``installer.api.Installation(DIR)`` with ``plan_install``, ``plan_undo``, ``apply`` and
``verify``.

One run goes ``facts`` (read the tree) -> ``bundle`` (what there should be) -> ``plan`` (pure: from
what is there to that) -> ``diff`` (shown before anything is asked) -> ``transaction`` (journal,
temporary files, renames) -> ``verify``.
"""
