# What the tests of this folder share: commands that must succeed, and what the program of consumer/ must print.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(check_consumer program)
  execute_process(COMMAND "${program}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
  string(CONCAT expected
    "d(x^2) at 3: [6.]\n"
    "own_leaky_relu: passed\n"
    "DepthwiseConv2d(3, kernel 3x2) on [2, 5, 6, 3]: passed\n"
    "XOR loss: 0.00, accuracy: 1.00\n")
  if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "${program} printed\n${printed}instead of\n${expected}")
  endif()
endfunction()
