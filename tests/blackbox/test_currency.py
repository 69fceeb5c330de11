"""What `check --live` says of currencies: what the account keeps its amounts in, and what the mapping makes of others."""

import unittest

from harness import SimulatorCase


class HomeCurrency(SimulatorCase):
    system = "zoho"

    def check(self, *variables):
        config = self.bridge.config
        config.write_text(config.read_text() + "".join(f"{line}\n" for line in variables))
        return self.bridge.run("check", "--config", str(config), "--data", str(self.bridge.data), "--live")

    def test_what_the_account_tells_is_shown(self):
        status, out, err = self.check()
        self.assertEqual(status, 0, out + err)
        self.assertIn("the account keeps its amounts in USD: an order in another currency is refused", out)

    def test_a_home_currency_that_is_another_one_is_a_fault(self):
        status, out, _ = self.check("[routes.vars]", 'home_currency = "EUR"')
        self.assertEqual(status, 1, out)
        self.assertIn("vars.home_currency says EUR, and the account keeps its amounts in USD", out)

    def test_a_home_currency_that_is_right_is_said_to_be(self):
        status, out, _ = self.check("[routes.vars]", 'home_currency = "USD"')
        self.assertEqual(status, 0, out)
        self.assertIn("amounts are kept in USD, as vars.home_currency says", out)


if __name__ == "__main__":
    unittest.main()
