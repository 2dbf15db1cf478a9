"""`python -m sdk` generates both clients into sdk/build."""

from sdk.documents import merged, released
from sdk.kotlin import generate_kotlin
from sdk.python import generate_python

document = merged(released())
print(generate_python(document))
print(generate_kotlin(document))
