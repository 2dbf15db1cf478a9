"""What goes over the bus, told as an AsyncAPI 3 document and as a page; made from the contracts, never by hand."""
