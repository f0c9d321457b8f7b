// Everything: #include <gibbs/gibbs.h>.
#pragma once

