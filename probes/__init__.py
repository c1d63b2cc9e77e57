"""The probe: checks endpoints from one location on a fixed schedule, and reports what it saw.

`monitors`, `loader` and `shards` say what to check, `schedule`, `places`, `moves`, `ticks` and `lanes` decide when
(pure), `kinds` lists the check types (`http/`, `dns/`, `tcp`, `handshake`, `websocket`, `icmp`), all of which are a
`visit` over `net/`. `outcome` and `assertions/` judge (pure), `lifeline` doubts the probe itself, `evidence` says what
was seen, `reporter` and `journal` keep results safe, `worker` and `once` compose, `main` runs.
"""
