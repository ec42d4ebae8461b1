"""What moto lacks of the services that a deployment uses, for the tests of `infra.aws`."""
