"""Who is told of an alert, and when: silences, routes and on-call schedules, as pure functions of what is known."""
