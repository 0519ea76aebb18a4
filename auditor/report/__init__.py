"""What users hold in their hands: flow rows, summary, rules, rejected rows and the record of the run."""
