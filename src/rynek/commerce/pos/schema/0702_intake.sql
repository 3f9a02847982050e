-- What came in lately, whatever day it was sold: receipts are appended, so a summary of ranges finds them and costs nothing.
create index receipt_taken on commerce.receipt using brin (taken_at) with (pages_per_range = 16, autosummarize = on);
