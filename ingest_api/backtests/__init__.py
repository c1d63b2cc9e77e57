"""What a rule would have done: readings and signals of the past, handed to the state machines."""
