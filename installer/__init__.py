"""`voiceagent-install`: puts our files into a PBX and takes them out again.

``voiceagent-install --root DIR --yes --queue NAME --agi-port N`` is the interface; the same from
Python is ``installer.api.install(InstallOptions(root=DIR, params=BundleParams(...)))``, and
``verify`` and ``undo`` beside it.

One run goes ``facts`` (read the tree) -> ``plan`` (pure: old bytes to new bytes) -> ``diff`` (shown
before anything is asked) -> ``transaction`` (journal, temporary files, renames) -> ``verify``.
"""
