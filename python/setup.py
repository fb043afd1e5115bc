"""Notes in the installed package which checkout it came from, so that it finds the compiler built there."""

import os

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCheckout(build_py):
    def run(self):
        super().run()
        checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        if not self.editable_mode and os.path.exists(os.path.join(checkout, "package.json")):
            with open(os.path.join(self.build_lib, "persimmons", "_checkout.txt"), "w", encoding="utf-8") as note:
                note.write(checkout + "\n")


setup(cmdclass={"build_py": BuildWithCheckout})
