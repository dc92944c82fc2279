"""Tests of the host as a process, with device and exchange in processes of their own."""
