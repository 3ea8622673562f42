#!/bin/sh
# Makes the sentences the dialplan plays on its own: 8 kHz, 16-bit, mono, British English.
# Needs espeak-ng and sox. The results are committed; run this only to change what is said.
set -eu
cd "$(dirname "$0")"

say() {
    espeak-ng -v en-gb -s 150 --stdout "$2" |
        sox -t wav - -r 8000 -c 1 -b 16 "$1.wav" highpass 200 gain -n -3 pad 0.2 0.3
}

say sorry "I'm sorry, we have a technical problem. Please stay on the line, I will put you through to a person."
say nobody "I'm sorry, nobody is free to take your call at the moment. Please try again a little later. Goodbye."
say engaged "I'm sorry, nobody is free to take your call at the moment."
say message "Please leave a message after the tone."
say kept "Thank you, your message has been kept. Goodbye."
say closed "Thank you for calling. I'm sorry, we are closed at the moment. Please call again during our opening hours. Goodbye."
