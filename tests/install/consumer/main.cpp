// A user's program: includes everything, makes a tensor, prints its elements. Each layer of the library is shown to a
// user here: when it has landed, one line of it joins main, and what it prints joins install_test.cmake.
#include <gibbs/gibbs.h>
#include <gibbs/tensor/tensor.h>

#include <iostream>

int main() {
  for (double element : gibbs::Tensor::eye(2).to_vector()) std::cout << element << "\n";
}
