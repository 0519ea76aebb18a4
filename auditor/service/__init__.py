"""The Kafka service: consumes flows, judges them, and writes each offset of a topic exactly once."""
