// A user's program: includes everything, prints a tensor. New layers of the library are shown to a user here first.
#include <gibbs/gibbs.h>
#include <gibbs/tensor/tensor.h>

#include <iostream>

int main() { std::cout << gibbs::Tensor::eye(2) << "\n"; }
