"""What measure_gpu.py is made of: shapes, devices, kernels, exchanges, and the tables that they are written to."""
