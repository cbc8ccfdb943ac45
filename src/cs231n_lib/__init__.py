"""The library behind the workbook: classifiers, losses, gradients and features of CS231n's lectures.

The modules keep the course's own names (``cs231n_lib.classifiers.k_nearest_neighbor``,
``cs231n_lib.gradient_check`` …). Importing the package itself imports nothing but the standard
library; each room brings in what it needs when it is imported.
"""

__version__ = "0.2.0"

from cs231n_lib import _course_name

_course_name.install()
