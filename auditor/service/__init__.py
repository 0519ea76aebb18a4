"""The service: flow records from Kafka, judged as they come, written as segments that tile each partition."""
