"""The one logger; the service's name and level come from Powertools' own variables."""

from aws_lambda_powertools import Logger

logger = Logger()
