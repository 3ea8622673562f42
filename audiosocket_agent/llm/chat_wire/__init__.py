"""The chat wire that Groq, OpenAI, Ollama and many others speak: server-sent events over HTTP."""
