"""The CDK app and the stack on this machine; names the product's handlers as strings only."""
