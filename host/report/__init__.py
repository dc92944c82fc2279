"""What a run was like: data from its journal and from the device's rings, and pictures of them."""
