"""The dashboard's side of the workers: connection, trainings, questions, measurements."""
