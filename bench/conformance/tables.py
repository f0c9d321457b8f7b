"""All tables in one: what is compared, by its name in the library's headers."""
import arrangement
import categorical
import compat
import elementwise
import image
import keras
import layers
import measures
import optimizers
import regression

PARTS = (elementwise, arrangement, image, measures, categorical, regression, compat, keras, layers, optimizers)
ALL = {name: entry for part in PARTS for name, entry in part.TABLE.items()}
