"""What may be said about how messages are to be read."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError
from auditor.flows.messages import FORMATS, MessageOptions
from auditor.flows.sniff import FORMATS as FILE_FORMATS
from auditor.flows.vpc_columns import DEFAULT_COLUMNS


def test_formats__are_named_as_those_of_files():
    """One name a format, wherever it comes from."""
    assert set(FORMATS) < set(FILE_FORMATS)


@pytest.mark.parametrize("name", ["vpc-parquet", "avro", ""])
def test_message_options__refuse_other_formats(name):
    """The known ones are named."""
    with pytest.raises(ConfigError) as caught:
        MessageOptions(format=name)
    assert str(caught.value) == (
        f"--format of messages expects one of `hubble-json`, `vpc-text`, `generic-arrow`, `generic-json`, got `{name}`"
    )


def test_message_options__refuse_columns_that_will_not_do():
    """As for files."""
    with pytest.raises(ConfigError) as caught:
        MessageOptions(vpc_format="srcaddr dstaddr dstport")
    assert str(caught.value) == "--vpc-format lacks `protocol`, without which no record can be judged"


def test_message_options__know_the_columns():
    """Those of the default format, or those that are named."""
    assert MessageOptions().columns == DEFAULT_COLUMNS
    names = ("srcaddr", "dstaddr", "dstport", "protocol")
    assert MessageOptions(vpc_format=" ".join(names)).columns.names == names
