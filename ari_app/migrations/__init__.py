"""How the database came to look as it does, one file a release; run by `ari_app.schema`."""
