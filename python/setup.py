"""Puts the compiler into the package, or notes where it is.

``PERSIMMONS_NPM=FOLDER``, as ``scripts/build-wheel.sh`` sets it, names an installed npm package with the modules it needs: it goes into
the wheel, which then needs Node and nothing else. Without it the package notes which checkout it came from, and finds the compiler
built there.
"""

import os
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70
    from wheel.bdist_wheel import bdist_wheel

NPM = os.environ.get("PERSIMMONS_NPM")


class BuildWithCompiler(build_py):
    def run(self):
        super().run()
        package = os.path.join(self.build_lib, "persimmons")
        checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        if NPM:
            shutil.copytree(NPM, os.path.join(package, "_npm"), dirs_exist_ok=True)
        elif not self.editable_mode and os.path.exists(os.path.join(checkout, "package.json")):
            with open(os.path.join(package, "_checkout.txt"), "w", encoding="utf-8") as note:
                note.write(checkout + "\n")


class WheelOfPlatform(bdist_wheel):
    """With the compiler come native modules of Node's."""

    def finalize_options(self):
        super().finalize_options()
        if NPM:
            self.root_is_pure = False

    def get_tag(self):
        _, _, platform = super().get_tag()
        return "py3", "none", platform


setup(cmdclass={"build_py": BuildWithCompiler, "bdist_wheel": WheelOfPlatform})
