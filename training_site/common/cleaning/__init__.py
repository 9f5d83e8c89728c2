"""Opening strangers' files where they can do no harm.

Reading order: ``limits`` (the figures) · ``sniffing`` (what a file is, by its first bytes) · ``refusals``
(codes and their sentences) · ``wire`` (messages over a pipe) · ``room`` (our side: one child process, its
deadline and its end) · ``child`` (the other side) · ``pictures`` and ``papers`` (what the child does).

``child``, ``pictures`` and ``papers`` run without Django and without the site's environment: a decoder that
falls to a hostile file finds no settings, no keys and no database. They need Linux for their limits.
"""
